"""What no client can take is there when a run has to be told of."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import pytest

from jobload.load.http.descriptors import RESERVE, Reserve


@pytest.fixture
def room() -> Iterator[None]:
    """For few more files than are open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 2 * RESERVE, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def taken() -> list[FileIO]:
    """All that there are."""
    found: list[FileIO] = []
    try:
        while True:
            found.append(FileIO(os.devnull))
    except OSError:
        return found


@pytest.mark.usefixtures("room")
def test_what_is_held_can_be_had_again_at_once() -> None:
    reserve = Reserve()
    reserve.hold()
    reserve.hold()  # another run, of a web UI
    others = taken()
    assert not taken()
    reserve.release()
    freed = taken()
    for file in others + freed:
        file.close()
    assert len(freed) == RESERVE


@pytest.mark.usefixtures("room")
def test_where_there_are_none_any_more_nothing_is_held() -> None:
    others, reserve = taken(), Reserve()
    reserve.hold()
    reserve.release()
    for file in others:
        file.close()
