"""The command that plants faults: what it draws, and what it calls noticed."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic

import psutil
import pytest
from e2e.waiting import wait_until

from verify.mutants.__main__ import ROOT
from verify.mutants.equivalent import equivalents
from verify.mutants.sample import Mutant, places, sample
from verify.mutants.trial import Copy, copy_tree, survivors

pytestmark = pytest.mark.processes

SOURCE = '''"""Limits."""

MOST = 5


def is_too_many(count: int | None) -> bool:
    return count is not None and count > MOST
'''
TEST = """from jobload.judge.limits import is_too_many

def test_it():
    assert is_too_many(9) and not is_too_many(1) and not is_too_many(None)
"""


@pytest.fixture(autouse=True)
def _own_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the run that this test is part of are not those of the runs that it starts."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # most of a second each time


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name, text in {
        "jobload/__init__.py": "",
        "jobload/judge/__init__.py": "",
        "jobload/judge/limits.py": SOURCE,
        "tests/judge/test_limits.py": TEST,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for command in (["git", "init", "-q"], ["git", "add", "-A"]):
        subprocess.run(command, cwd=root, check=True)
    return root


def known_as(mutants: list[Mutant]) -> set[str]:
    return {mutant.after for mutant in mutants}


def test_what_a_test_would_notice_is_noticed_and_the_tree_stays_as_it_was(
    tree: Path, tmp_path: Path
) -> None:
    mutants = sample(tree, 100, seed=1)
    left = survivors(tree, mutants, tmp_path / "copies")
    assert "return count is None and count > MOST" in known_as(mutants) - known_as(left)
    assert left
    assert known_as(left) <= {
        "MOST = 4",
        "MOST = 6",
        "return count is not None and count >= MOST",
        "return count is not None and count != MOST",
    }
    assert (tree / "jobload/judge/limits.py").read_text() == SOURCE


WALKS = """from functools import cache

MOST = 5

def shared(count):
    return count + 1

def seldom(count):
    return (
        count
        + 2
    )

def made():
    return 3 + 3

@cache
def kept(count):
    return count + 4

def never(count):
    return count + 5

def at_import():
    return 6 + 6

AT_IMPORT = at_import()
"""
WALKERS = """from time import process_time
import pytest
from jobload.judge import walks

@pytest.fixture(scope="module")
def built():
    return walks.made()

def test_slow():
    until_s = process_time() + 0.1
    while process_time() < until_s:
        walks.shared(1)
    walks.kept(1)

def test_quick(built):
    walks.shared(1)
    walks.kept(1)

def test_other(built):
    walks.seldom(1)
"""
STRANGER = """from pathlib import Path
from jobload.judge import walks

TEXT = Path(walks.__file__).read_text()

def test_stranger():
    assert TEXT == {text!r}
"""


@pytest.fixture
def walks(tree: Path) -> Path:
    (tree / "jobload/judge/limits.py").unlink()
    (tree / "tests/judge/test_limits.py").unlink()
    (tree / "jobload/judge/walks.py").write_text(WALKS)
    (tree / "tests/judge/test_walks.py").write_text(WALKERS)
    (tree / "tests/judge/test_stranger.py").write_text(STRANGER.format(text=WALKS))
    subprocess.run(["git", "add", "-A"], cwd=tree, check=True)
    return tree


def test_a_fault_is_met_by_the_tests_that_come_to_its_statement_the_quickest_first(
    walks: Path, tmp_path: Path
) -> None:
    copy_tree(walks, tmp_path / "copy")
    reach = Copy(tmp_path / "copy").trace()
    met = {
        mutant.before: [
            test.rpartition("_")[2]
            for test, took_s in reach.tests(mutant).items()
            if took_s is not None
        ]
        for mutant in sample(walks, 100, seed=1)
    }
    assert met["return count + 1"] == ["quick", "slow"]
    assert met["+ 2"] == ["other"]
    assert met["return 3 + 3"][-1] == "slow", "a fixture of a file is run by all of its tests"
    assert {*met["return 3 + 3"]} == {"other", "quick", "slow"}
    assert met["return count + 4"] == ["quick", "slow"], "it is kept for who comes later"
    assert met["return count + 5"] == []
    for at_import in ("MOST = 5", "return 6 + 6"):
        assert {*met[at_import]} == {"other", "quick", "slow", "stranger"}
        assert met[at_import][2:] == ["slow", "stranger"], "that come to the module first"


def test_a_test_that_does_not_come_to_a_fault_is_not_run(walks: Path, tmp_path: Path) -> None:
    """It would notice any, since it reads the source."""
    left = survivors(walks, sample(walks, 100, seed=1), tmp_path / "copies")
    assert {mutant.before for mutant in left} == {
        "return count + 1", "+ 2", "return 3 + 3", "return count + 4", "return count + 5"
    }  # fmt: skip


ENDLESS = """
def halvings(count):
    found = 0
    while count > 0:
        count, found = count // 2, found + 1
    return found
"""


def test_a_fault_that_makes_a_loop_endless_is_noticed_soon(tree: Path, tmp_path: Path) -> None:
    (tree / "jobload/judge/limits.py").write_text(ENDLESS)
    (tree / "tests/judge/test_limits.py").write_text(
        "from jobload.judge.limits import halvings\n\ndef test_it():\n    halvings(9)\n"
    )
    endless = [each for each in sample(tree, 100, seed=1) if "count // 1" in each.after]
    assert len(endless) == 1
    began_s = monotonic()
    assert survivors(tree, endless, tmp_path / "copies", at_once=1) == []
    assert monotonic() - began_s < 60


NAPPING = """import os, pathlib, time
from jobload.judge.limits import is_too_many

def test_it():
    if {when}:
        pathlib.Path({told!r}).write_text(str(os.getpid()))
        time.sleep(100)
"""
PLANT = """import pathlib, sys
from verify.mutants.sample import sample
from verify.mutants.trial import survivors

tree, copies = map(pathlib.Path, sys.argv[1:])
survivors(tree, sample(tree, 100, seed=1), copies)
"""


@pytest.mark.parametrize("when", ["True", "is_too_many(1)"], ids=["before", "with a fault"])
def test_what_it_runs_ends_when_it_is_killed(tree: Path, tmp_path: Path, when: str) -> None:
    told = tmp_path / "pid"
    (tree / "tests/judge/test_limits.py").write_text(NAPPING.format(when=when, told=str(told)))
    command = [sys.executable, "-c", PLANT, str(tree), str(tmp_path / "copies")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as planting:
        try:
            wait_until(lambda: told.exists() and told.read_text(), 60, "a test runs")
            process = psutil.Process(int(told.read_text()))
        finally:
            planting.kill()
    try:
        process.wait(20)
    finally:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def test_tests_that_fail_without_a_fault_are_no_measure(tree: Path, tmp_path: Path) -> None:
    (tree / "tests/judge/test_limits.py").write_text(TEST.replace("is_too_many(9)", "False"))
    copy_tree(tree, tmp_path / "copy")
    with pytest.raises(AssertionError, match="1 failed"):
        Copy(tmp_path / "copy").trace()


def test_annotations_are_no_places_and_a_move_draws_no_other_sample(tree: Path) -> None:
    path = tree / "jobload/judge/limits.py"
    before = {place.rank for place in places(tree, path, seed=1)}
    assert len(before) == 4  # the constant, two comparisons, and the `and`
    path.write_text(SOURCE.replace("MOST = 5", "# More.\n\nMOST = 5"))
    path.rename(moved := tree / "jobload/judge/most.py")
    assert {place.rank for place in places(tree, moved, seed=1)} == before


def test_what_is_called_no_fault_is_still_there_and_has_a_reason() -> None:
    for (module, before, after), reason in equivalents().items():
        lines = [" ".join(line.split()) for line in (ROOT / module).read_text().splitlines()]
        assert before in lines, f"{module}: {before}"
        assert before != after
        assert len(reason) > 20
