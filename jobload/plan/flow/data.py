"""A source of rows: a file whose columns the templates of a scenario name."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from jobload.plan.document import Document
from jobload.plan.flow.csv_rows import csv_columns, csv_table
from jobload.plan.flow.data_file import DataFile
from jobload.plan.flow.json_rows import json_columns, json_table
from jobload.plan.flow.table import Table
from jobload.plan.problem import Path, shown
from jobload.plan.strict_model import FileName, StrictModel

CSV, JSON_LINES = ".csv", ".jsonl"
MOST_SOURCES = 100
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


def _check_file(file: str) -> str:
    if FilePath(file).suffix.lower() not in (CSV, JSON_LINES):
        raise ValueError(
            f"{shown(file)} is neither a {CSV} file, whose first line names the columns, nor a"
            f" {JSON_LINES} file with one JSON object a line"
        )
    return file


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{shown(name)} can't stand in a template; expected letters, digits and _")
    return name


class DataSource(StrictModel):
    file: Annotated[FileName, AfterValidator(_check_file)]
    """A .csv file, whose first line names the columns, or a .jsonl file: a JSON object a line."""
    each: Literal["loop", "once", "random"] = "loop"
    """Rows in turn and over again; each row for one operation or user of the run; or any row."""


Data = Annotated[
    dict[Annotated[str, AfterValidator(_check_name)], DataSource], Field(max_length=MOST_SOURCES)
]


def columns(source: DataSource) -> tuple[str, ...]:
    """Their names, for which only the head of the file is read; PlanError."""
    return DataFile(source.file).read(csv_columns if _is_csv(source) else json_columns)


def read(source: DataSource) -> Table:
    """All rows; PlanError with the first things that are wrong, each with its place."""
    return DataFile(source.file).read(csv_table if _is_csv(source) else json_table)


def _is_csv(source: DataSource) -> bool:
    return FilePath(source.file).suffix.lower() == CSV


def check_places(
    document: Document, path: Path, data: Mapping[str, DataSource], folder: FilePath
) -> None:
    """What a file holds is sent to the target and to all workers, so not any file may be named. A
    link is what its owner wants it to be, and is not followed."""
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
