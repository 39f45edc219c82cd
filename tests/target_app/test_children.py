"""Where there is no prctl, a shim on a pipe ends the child when its parent dies."""

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest
from target_process import runs, wait_until

from target_app.children import start_child, stop_child

PARENT = """if True:
    import subprocess, sys, time
    from target_app import children
    if sys.argv[1] == "leash":
        children._bind_to_parent = lambda: None
    child = children.start_child([sys.executable, "-c", "import time; time.sleep(60)"])
    print(child.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["death signal", "leash"])
def parent(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    if request.param == "death signal" and sys.platform != "linux":
        pytest.skip("only Linux has a death signal")
    parent = start_child_of_child(request.param)
    yield parent
    parent.kill()
    parent.wait()
    assert parent.stdout
    parent.stdout.close()


def start_child_of_child(way: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PARENT, way], stdout=subprocess.PIPE)


def test_a_child_and_its_children_end_with_a_killed_parent(
    parent: subprocess.Popen[bytes],
) -> None:
    assert parent.stdout
    assert parent.stdout.readline()
    wait_until(lambda: any("sleep" in c for c in commands(parent)))
    tree = psutil.Process(parent.pid).children(recursive=True)
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(runs(process) for process in tree), within_s=1)


def commands(parent: subprocess.Popen[bytes]) -> list[str]:
    found = psutil.Process(parent.pid).children(recursive=True)
    return [process.cmdline()[-1] for process in found if process.cmdline()]


@pytest.mark.parametrize("leash", [False, True])
def test_a_child_s_exit_code_and_sigterm_pass(monkeypatch: pytest.MonkeyPatch, leash: bool) -> None:
    if leash:
        monkeypatch.setattr("target_app.children._bind_to_parent", lambda: None)
    child = start_child([sys.executable, "-c", "raise SystemExit(7)"])
    assert child.wait(10) == 7
    child = start_child([sys.executable, "-c", "import time; time.sleep(60)"])
    wait_until(lambda: bool(psutil.Process(child.pid).cmdline()))
    stop_child(child, within_s=10)
    assert child.returncode in (-15, 128 + 15)
