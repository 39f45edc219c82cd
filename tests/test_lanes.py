"""Who runs what in `make test`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lanes import LONGEST, WITH_PROCESSES, Place, computes, lane_of

ROOT = Path(__file__).parents[1]
FILES = {
    "tests/e2e/test_stage_times.py": "timed",
    "tests/e2e/test_known_truth_alone.py": "alone",
    "tests/test_packaging.py": "processes",
    "tests/e2e/test_abort.py": "processes",
    "tests/judge/test_precedence.py": "units",
}


@pytest.mark.parametrize(("file", "lane"), FILES.items())
def test_the_lane_of_a_file_is_its_mark_or_that_of_its_folder(file: str, lane: str) -> None:
    assert lane_of(str(ROOT / file)) == lane or lane_of(file) == lane


def test_files_and_folders_that_are_named_are_there() -> None:
    assert [name for name in (*LONGEST, *WITH_PROCESSES) if not (ROOT / name).exists()] == []


@pytest.mark.processes
def test_what_runs_by_itself_is_asked_of_each_file_that_has_some() -> None:
    command = ["make", "--dry-run", "--assume-old=.venv/.dev-installed", "test-alone"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    marks = [f"mark.{name}" for name in ("alone", "timed")]
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    marked = {f for f in files if any(mark in f.read_text() for mark in marks)}
    assert len(marked) > 5
    assert marked == {ROOT / word for word in said.split() if word.startswith("tests/")}


def test_who_starts_a_process_and_does_not_say_so_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"wants pytest\.mark\.processes"):
        subprocess.run([sys.executable, "--version"], check=True)
    subprocess.run(["git", "--version"], check=True, capture_output=True)


def order(place: Place) -> list[str]:
    left, taken = list(FILES), list[str]()
    while (file := place.next_of(left)) is not None:
        left.remove(file)
        taken.append(lane_of(file))
    return taken


def test_the_first_worker_takes_what_has_a_time_to_keep_and_alone_ends_the_run() -> None:
    taken = order(Place(0, 3))
    assert taken == ["timed", "processes", "processes", "units", "alone"]


def test_others_take_what_is_about_time_when_there_is_nothing_else() -> None:
    assert order(Place(1, 3)) == ["processes", "processes", "units", "timed"]
    assert order(Place(2, 3)) == ["units", "processes", "processes", "timed"]


def test_a_worker_alone_takes_everything() -> None:
    assert len(order(Place(0, 1))) == len(FILES)


def test_in_the_place_of_a_worker_that_crashed_nothing_is_left_lying() -> None:
    assert Place.named("gw3", of=3) == Place(0, 3)


def test_what_computes_gives_way() -> None:
    assert [Place(number, 3).gives_way for number in range(3)] == [False, False, True]
    assert not Place(0, 1).gives_way


@pytest.mark.parametrize(
    ("file", "mark", "gives_way"),
    [
        ("tests/judge/test_precedence.py", "slow", True),
        ("tests/load/users/test_own_users.py", "timed", False),
        ("tests/e2e/test_stage_times.py", "timed", False),
        ("tests/e2e/test_abort.py", "processes", False),
    ],
)
def test_a_unit_test_computes_unless_it_is_about_time(
    file: str, mark: str, gives_way: bool
) -> None:
    item: Any = SimpleNamespace(
        nodeid=f"{file}::test_it", get_closest_marker=lambda name: name == mark or None
    )
    assert computes(item) is gives_way


def test_what_is_long_begins_early() -> None:
    assert Place(1, 3).next_of(["tests/e2e/test_abort.py", LONGEST[1], LONGEST[0]]) == LONGEST[0]
