"""Who runs what in `make test`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lane_of_file import LONGEST, WITH_PROCESSES, lane_of
from lanes import FOR_UNITS, TIMED_AT_ONCE, Place, only_what_is_read

ROOT = Path(__file__).parents[1]
FILES = {
    "tests/e2e/test_lying_workers.py": "timed",
    "tests/e2e/test_known_truth_alone.py": "alone",
    "tests/test_packaging.py": "waiting",
    "tests/e2e/test_abort.py": "waiting",
    "tests/lifecycle/target/test_probe.py": "waiting",
    "tests/judge/test_precedence.py": "units",
    "tests/verify/test_simulate.py": "units",
}
WAITING = ["waiting"] * [*FILES.values()].count("waiting")


@pytest.mark.parametrize(("file", "lane"), FILES.items())
def test_the_lane_of_a_file_is_its_mark_or_that_of_its_folder(file: str, lane: str) -> None:
    assert lane_of(str(ROOT / file)) == lane or lane_of(file) == lane


def test_files_and_folders_that_are_named_are_there() -> None:
    assert [name for name in (*LONGEST, *WITH_PROCESSES) if not (ROOT / name).exists()] == []


def test_who_is_about_time_stands_in_a_file_of_such() -> None:
    """Beside what it says, else: a worker takes a file as a whole."""
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    assert len([path for path in files if lane_of(str(path)) in ("timed", "alone")]) > 5
    single = re.compile(r"^\s*@pytest\.mark\.(timed|alone)\b", re.MULTILINE)
    assert [path for path in files if single.search(path.read_text())] == []


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


def test_the_first_worker_ends_with_what_wants_the_machine_for_itself() -> None:
    assert order(Place(0, 4)) == [*WAITING, "timed", "alone", "units", "units"]


def test_the_last_computes_and_only_a_few_at_a_time_are_about_time() -> None:
    last = TIMED_AT_ONCE + 1
    for number in range(1, TIMED_AT_ONCE):
        assert order(Place(number, last + 1)) == [*WAITING, "timed", "units", "units"]
    assert order(Place(TIMED_AT_ONCE, last + 1)) == [*WAITING, "units", "units"]
    assert order(Place(last, last + 1)) == ["units", "units"]


def test_a_worker_alone_takes_everything() -> None:
    assert len(order(Place(0, 1))) == len(FILES)


def test_by_lanes_some_compute_from_the_beginning_and_no_other_does() -> None:
    of = TIMED_AT_ONCE + 1 + FOR_UNITS
    apart = [order(Place(number, of, by_lanes=True)) for number in range(of)]
    assert apart[0] == [*WAITING, "timed", "alone"]
    assert apart[1:TIMED_AT_ONCE] == [[*WAITING, "timed"]] * (TIMED_AT_ONCE - 1)
    assert apart[TIMED_AT_ONCE:] == [WAITING] + [["units", "units"]] * FOR_UNITS


@pytest.mark.parametrize("of", range(1, 8))
def test_by_lanes_nothing_is_left_lying(of: int) -> None:
    taken = {lane for number in range(of) for lane in Place(number, of, by_lanes=True).lanes}
    assert taken == set(FILES.values())


@pytest.mark.parametrize("by_lanes", [False, True])
def test_in_the_place_of_a_worker_that_crashed_nothing_is_left_lying(by_lanes: bool) -> None:
    assert len(order(Place.named("gw3", of=3, by_lanes=by_lanes))) == len(FILES)


PLAYED = """
import os, time, pytest
from pathlib import Path

pytestmark = pytest.mark.{lane}
Path("{lane}-by-" + os.environ["PYTEST_XDIST_WORKER"]).touch()

@pytest.mark.timeout(2 + {takes_s})  # to wait for its turn takes longer, and is no part of it
def test_it():
    began_s = time.monotonic()
    time.sleep({takes_s})
    Path("{lane}").write_text(f"{{began_s}} {{time.monotonic()}}")

def test_how_it_is_run():
    Path("{lane}-as").write_text(str(os.nice(0)))
"""


@pytest.mark.processes
@pytest.mark.parametrize("options", [("-n", "3"), ("-n", "4", "--by-lanes")], ids=" ".join)
def test_who_is_about_time_waits_for_those_of_processes_and_alone_for_all(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text(
        "from lanes import LaneScheduling, Worker\n\n"
        "def pytest_addoption(parser):\n"
        "    parser.addoption('--by-lanes', action='store_true')\n\n"
        "def pytest_configure(config):\n"
        "    for name in ('timed', 'alone', 'processes', 'units'):\n"
        "        config.addinivalue_line('markers', name)\n"
        "    if hasattr(config, 'workerinput'):\n"
        "        config.pluginmanager.register(Worker(config))\n\n"
        "def pytest_xdist_make_scheduler(config, log):\n"
        "    return LaneScheduling(config, log)\n"
    )
    for lane, takes_s in {"timed": 0.4, "processes": 3.0, "alone": 0.1, "units": 4.5}.items():
        text = PLAYED.format(lane=lane, takes_s=takes_s)
        (tmp_path / f"test_{lane}.py").write_text(text)
    (tmp_path / "test_first.py").write_text(
        "import pytest\npytestmark = pytest.mark.processes\ndef test_it(): pass\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "xdist",
            "-p",
            "timeout",
            "--dist",
            "loadfile",
            *options,
        ],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "tests"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout
    times = {
        lane: [*map(float, (tmp_path / lane).read_text().split())]
        for lane in ("timed", "processes", "alone", "units")
    }
    before = str(os.nice(0))
    assert (tmp_path / "processes-as").read_text() == before
    assert (tmp_path / "timed-as").read_text() == before
    assert (tmp_path / "units-as").read_text() == str(min(19, os.nice(0) + 10))
    assert times["timed"][0] >= times["processes"][1]
    assert times["timed"][0] < times["units"][1], "beside what computes"
    assert times["alone"][0] >= max(times["timed"][1], times["units"][1])
    by = {lane: len([*tmp_path.glob(f"{lane}-by-*")]) for lane in times}
    workers = int(options[1])
    others = {"timed": 2, "processes": 2, "alone": 1, "units": FOR_UNITS}
    assert by == (others if len(options) > 2 else dict.fromkeys(times, workers)), "what it collects"


TOLD: list[tuple[str, dict[str, Any]]] = [
    ("logstart", {"nodeid": "test_it"}),
    ("testreport", {"data": {"when": "setup", "outcome": "passed", "sections": []}}),
    ("testreport", {"data": {"when": "call", "outcome": "passed", "sections": []}}),
    ("testreport", {"data": {"when": "teardown", "outcome": "passed", "sections": []}}),
    ("logfinish", {"nodeid": "test_it"}),
    ("runtest_protocol_complete", {"item_index": 7}),
    ("testreport", {"data": {"when": "setup", "outcome": "skipped", "sections": []}}),
    ("testreport", {"data": {"when": "teardown", "outcome": "failed", "sections": []}}),
    ("testreport", {"data": {"when": "teardown", "outcome": "passed", "sections": [["a", "b"]]}}),
    ("collectreport", {"data": {"outcome": "failed"}}),
    ("workerfinished", {"workeroutput": {}}),
]


@pytest.mark.parametrize(
    ("options", "untold"),
    [
        ((), {0, 1, 3, 4}),
        (("-q",), {0, 1, 3, 4}),
        (("-v",), set()),
        (("--durations=3",), set()),
        (("--junitxml=junit.xml",), set()),
    ],
    ids=str,
)
def test_a_worker_tells_of_each_test_only_what_is_read(
    options: tuple[str, ...], untold: set[int]
) -> None:
    config = pytest.Config.fromdictargs({}, ["--config-file=/dev/null", *options])
    told: list[tuple[str, dict[str, Any]]] = []
    send = only_what_is_read(lambda name, **kwargs: told.append((name, kwargs)), config)
    for name, kwargs in TOLD:
        send(name, **kwargs)
    assert told == [each for place, each in enumerate(TOLD) if place not in untold]


def test_what_is_long_begins_early() -> None:
    assert Place(1, 3).next_of(["tests/e2e/test_abort.py", LONGEST[1], LONGEST[0]]) == LONGEST[0]
    slow = "tests/lifecycle/port/test_fuzzed_messages.py"
    assert Place(2, 3).next_of(["tests/judge/test_precedence.py", slow]) == slow
