import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.child import ROOT
from bench.compiled import DONE, refuse_the_other, whats_missing


def test_what_was_never_compiled_is_not_measured(tmp_path: Path) -> None:
    assert f"{DONE} is not there" in str(whats_missing(tmp_path, ROOT / "bench"))


def test_what_is_older_than_its_source_is_not_measured(tmp_path: Path) -> None:
    source, done = tmp_path / "operation.py", tmp_path / DONE
    source.touch()
    done.touch()
    os.utime(source, (1000, 1000))
    os.utime(done, (2000, 2000))
    assert whats_missing(tmp_path, tmp_path) is None
    os.utime(source, (3000, 3000))
    assert str(whats_missing(tmp_path, tmp_path)).endswith("operation.py")


def test_python_alone_is_not_measured_as_compiled() -> None:
    refuse_the_other("jobload")
    with pytest.raises(SystemExit, match=r"compiled can't be measured: .*operation\.py"):
        refuse_the_other("compiled")


@pytest.mark.processes
def test_a_generator_that_finds_the_other_modules_refuses() -> None:
    command = [sys.executable, "-m", "bench.locust_generator", "compiled"]
    done = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("compiled can't be measured")
    assert done.stdout == ""
