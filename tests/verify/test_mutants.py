"""The command that plants faults: what it draws, and what it calls noticed."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from e2e.waiting import wait_until

from verify.mutants import ROOT, Copy, Mutant, copy_tree, equivalents, places, sample, survivors

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
    assert known_as(left) <= {
        "MOST = 4",
        "MOST = 6",
        "return count is not None and count >= MOST",
        "return count is not None and count != MOST",
    }
    assert (tree / "jobload/judge/limits.py").read_text() == SOURCE


NAPPING = """import os, pathlib, time
from jobload.judge.limits import is_too_many

def test_it():
    if {when}:
        pathlib.Path({told!r}).write_text(str(os.getpid()))
        time.sleep(100)
"""
PLANT = """import pathlib, sys
from verify.mutants import sample, survivors

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
        Copy(tmp_path / "copy").check()


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
