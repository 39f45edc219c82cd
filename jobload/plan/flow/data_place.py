"""Where a data file may lie: what it holds is sent to the target, and to all workers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path as FilePath

from jobload.plan.document import Document
from jobload.plan.flow.data import DataSource
from jobload.plan.problem import Path, shown


def check_places(
    document: Document, path: Path, data: Mapping[str, DataSource], folder: FilePath
) -> None:
    """A link is what its owner wants it to be, and is not followed."""
    own = (_absolute(folder), FilePath.cwd())
    for name, source in data.items():
        if not any(_absolute(folder / source.file).is_relative_to(each) for each in own):
            message = (
                f"{shown(source.file)} is outside of the folder of this file, and of the current"
                " one; copy it there, or put a link to it there"
            )
            document.add((*path, name, "file"), message)


def _absolute(path: FilePath) -> FilePath:
    return FilePath(os.path.normpath(FilePath.cwd() / path))
