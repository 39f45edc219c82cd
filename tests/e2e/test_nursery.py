"""A process from the nursery is what the command `locust` would have been."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.child import cores, running_on
from e2e.hosts import Host, Hosts, why_no_hosts
from e2e.load_test import JOBLOAD, LOCUST
from e2e.nursery import Forked, Nursery, Process, nursery_for, started_module
from e2e.processes import MARK, assert_all_gone, kill_all, marked, new_mark
from e2e.waiting import wait_until
from e2e.wall_clock import WallClock
from target_app.children import start_child

HERE = Path(__file__).parent
NO_HOSTS = why_no_hosts()
TELLS = """
import json, os, signal, socket, sys
from pathlib import Path

links = [os.readlink(link) for n in os.listdir("/proc/self/fd")
         if os.path.lexists(link := f"/proc/self/fd/{n}")]
told = {
    "argv": sys.argv,
    "path": sys.path,
    "environ": dict(os.environ),
    "environ for children": os.popen("env").read().count("TOLD="),
    "folder": os.getcwd(),
    "host": [socket.gethostname(), socket.if_nameindex(), Path("/etc/hosts").read_text()],
    "its own session": os.getsid(0) == os.getpid(),
    "cores": sorted(os.sched_getaffinity(0)),
    "of tests": [name for name in sys.modules if name.startswith(("e2e", "nursery"))],
    "hooks": sorted(str(hook) for hook in vars(__import__("locust").events)),
    "signals": [getattr(signal.getsignal(number), "__qualname__", str(signal.getsignal(number)))
                for number in sorted(signal.valid_signals())],
    "files": sorted(link for link in links if "anon_inode" not in link),
}
Path(os.environ["TOLD"]).write_text(json.dumps(told))
sys.exit(7)
"""
TELLS_AS_MODULE = """
import json, os, sys
from pathlib import Path

told = {
    "argv": sys.argv,
    "path": sys.path,
    "environ": dict(os.environ),
    "its own session": os.getsid(0) == os.getpid(),
    "patched": "gevent" in sys.modules,
    "passed": os.read(int(sys.argv[1]), 4).decode(),
}
Path(os.environ["TOLD"]).write_text(json.dumps(told))
sys.exit(7)
"""
TELLS_TIME = """
import os, sys, time
from pathlib import Path

Path(os.environ["TOLD"]).write_text(str(time.time()))
sys.exit(7)
"""
STAYS = "import time\nfrom pathlib import Path\nPath('there').touch()\ntime.sleep(100)\n"


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


def started(
    nursery: Nursery | None,
    folder: Path,
    text: str,
    mark: str,
    program: Sequence[Any] = (LOCUST,),
    host: Host | None = None,
    environ: Mapping[str, str] | None = None,
) -> Process:
    """By the nursery, or by the command itself."""
    folder.mkdir(exist_ok=True)
    (folder / "locustfile.py").write_text(text)
    command = [*map(str, program), "-f", str(folder / "locustfile.py"), "--headless"]
    environ = os.environ | {MARK: mark, "TOLD": str(folder / "told.json"), **(environ or {})}
    with (folder / "log").open("wb") as log:
        if nursery:
            return nursery.start(command, environ, log, host.holder.pid if host else None)
        inside = host.inside if host else []
        return start_child([*inside, sys.executable, *command], environ=environ, output=log)


@pytest.mark.parametrize(
    ("program", "code"), [((LOCUST,), 7), ((JOBLOAD, "run"), 2)], ids=["locust", "jobload run"]
)
def test_it_has_what_the_command_would_have_and_nothing_of_the_nursery(
    nursery: Nursery,
    program: Sequence[Any],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    told: list[Any] = []
    for source in (nursery, None):
        with running_on(cores()[1]):
            process = started(source, tmp_path / "same", TELLS, "f" * 16, program)
        assert process.wait(30) == code, (tmp_path / "same/log").read_text()
        told.append(json.loads((tmp_path / "same/told.json").read_text()))
    assert told[0] == told[1]
    assert told[0]["cores"] == [cores()[1]], "of who asks, wherever the nursery runs"


@pytest.mark.parametrize("path", [{}, {"PYTHONPATH": "here:there:here"}], ids=str)
def test_a_module_is_what_python_would_have_run(
    path: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tells.py").write_text(TELLS_AS_MODULE)
    environ = os.environ | {"TOLD": str(tmp_path / "told.json"), **path}
    told: list[Any] = []
    reading, writing = os.pipe()
    os.write(writing, b"thisthis")
    for by_nursery in (True, False):
        with (tmp_path / "log").open("wb") as log:
            settings: dict[str, Any] = {"environ": environ, "output": log, "pass_fds": [reading]}
            if by_nursery:
                process = started_module("tells", str(reading), **settings)
            else:
                process = start_child([sys.executable, "-m", "tells", str(reading)], **settings)
        assert isinstance(process, Forked) == by_nursery
        assert process.wait(30) == 7, (tmp_path / "log").read_text()
        told.append(json.loads((tmp_path / "told.json").read_text()))
    os.close(reading)
    os.close(writing)
    assert told[0] == told[1]
    assert told[0]["passed"] == "this"


def test_a_path_that_the_tests_have_is_not_that_of_a_server(tmp_path: Path) -> None:
    (tmp_path / "tells.py").write_text("import sys\nprint(sys.path)\n")
    program = (
        "import os, subprocess, sys\n"
        "from e2e.nursery import started_module\n"
        "environ = {name: os.environ[name] for name in os.environ if name != 'PYTHONPATH'}\n"
        "assert started_module('tells', environ=environ, output=sys.stdout.buffer).wait(30) == 0\n"
        "subprocess.run([sys.executable, '-m', 'tells'], env=environ, check=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=of_its_own(), stdout=subprocess.PIPE
    )
    by_nursery, by_python = done.stdout.decode().splitlines()
    assert by_nursery == by_python


def test_one_that_does_not_listen_yet_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("e2e.nursery.SESSION", new_mark())
    starts: list[Sequence[str]] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as first:

        def start(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
            """The first one has the name, so that what is started ends; then it listens."""
            if not starts:
                first.bind(f"\0{command[2]}")
            if len(starts) == 2:
                first.listen()
            starts.append(command)
            return start_child(command, **options)

        monkeypatch.setattr("e2e.nursery.start_child", start)
        Nursery("servers").close()
    assert len(starts) == 3


@pytest.mark.skipif(NO_HOSTS is not None, reason=NO_HOSTS or "")
def test_tests_in_two_containers_of_one_network_have_each_their_own(tmp_path: Path) -> None:
    """The first process of each is the owner of its nurseries."""
    (tmp_path / "stays.py").write_text("import time\ntime.sleep(100)\n")
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from e2e.nursery import OWNER, started_module\n"
        "with open(os.devnull, 'wb') as output:\n"
        "    process = started_module('stays', output=output)\n"
        "print(OWNER, Path(f'/proc/{process.pid}').exists(), flush=True)\n"
        "sys.stdin.read()\n"
    )
    container = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    with ExitStack() as exits:
        for _ in range(2):
            tests = subprocess.Popen(
                [*container, sys.executable, "-c", program],
                cwd=tmp_path,
                env=of_its_own(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            exits.enter_context(tests)
            exits.callback(tests.kill)
            assert tests.stdout is not None
            assert tests.stdout.readline() == "1 True\n"


def of_its_own() -> dict[str, str]:
    """The environment of tests that have nothing to do with these."""
    ours = ("E2E_TESTS_", "PYTEST_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return environ | {"PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE.parents[1])])}


def test_all_ask_the_same_one_and_what_another_has_asked_for_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    nurseries = [Nursery(), Nursery()]
    marks = [new_mark(), new_mark()]
    first, second = (
        started(nursery, tmp_path, STAYS, mark)
        for nursery, mark in zip(nurseries, marks, strict=True)
    )
    try:
        assert psutil.Process(first.pid).ppid() == psutil.Process(second.pid).ppid()
        nurseries[0].close()
        assert_all_gone(marks[0])
        assert second.poll() is None
    finally:
        nurseries[1].close()
    assert_all_gone(marks[1])


@pytest.mark.skipif(NO_HOSTS is not None, reason=NO_HOSTS or "")
def test_on_a_host_of_its_own_it_is_as_if_it_had_begun_there(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told: list[Any] = []
    with Hosts(tmp_path / "hosts", ["one"]) as hosts:
        for source in (nursery, None):
            process = started(source, tmp_path / "same", TELLS, "f" * 16, host=hosts["one"])
            assert process.wait(30) == 7, (tmp_path / "same/log").read_text()
            told.append(json.loads((tmp_path / "same/told.json").read_text()))
    by_nsenter = ("folder", "path")  # which goes to the root of the host's files
    assert [told[0][of] == told[1][of] for of in told[0]] == [
        of not in by_nsenter for of in told[0]
    ]
    name, interfaces, names = told[0]["host"]
    assert (name, [of for _, of in interfaces]) == ("one", ["lo", "eth0"])
    assert " one\n" in names


def test_it_is_found_by_its_mark_and_ends_as_it_is_told(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mark = new_mark()
    process = started(nursery, tmp_path, STAYS, mark)
    assert isinstance(process, Forked)
    assert [each.pid for each in marked(mark)] == [process.pid]
    assert str(LOCUST) in psutil.Process(process.pid).cmdline()
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.kill()
    assert process.wait(10) == process.poll() == -signal.SIGKILL
    assert_all_gone(mark)


def test_it_does_not_outlive_the_test_that_wanted_it(tmp_path: Path) -> None:
    mark = new_mark()
    program = (
        "from pathlib import Path; import time\n"
        "from e2e.test_nursery import LOCUST, STAYS, Nursery, started\n"
        f"started(Nursery(), Path({str(tmp_path)!r}), STAYS, {mark!r})\n"
        "time.sleep(100)\n"
    )
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE.parents[1])])}
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, env=environ) as test:
        try:
            wait_until((tmp_path / "there").exists, 60, "it runs")
            assert marked(mark)
        finally:
            test.kill()
    try:
        assert_all_gone(mark)
    finally:
        kill_all(mark)


def test_a_wall_clock_is_that_of_the_process(tmp_path: Path) -> None:
    for seconds in (-3600.0, 0.0, 3600.0):
        clock = WallClock(tmp_path / f"{seconds}.clock")
        clock.step(seconds)
        environ = os.environ | clock.environ
        nursery = nursery_for(str(LOCUST), environ)
        assert nursery is not None
        assert nursery.takes(environ)
        process = started(nursery, tmp_path, TELLS_TIME, new_mark(), environ=clock.environ)
        assert process.wait(30) == 7, (tmp_path / "log").read_text()
        told_s = float((tmp_path / "told.json").read_text())
        assert told_s - time.time() == pytest.approx(seconds, abs=60)


@pytest.mark.parametrize("name", ["PYTHONPATH", "LD_PRELOAD", "TZ"])
def test_what_an_interpreter_reads_as_it_starts_is_not_for_the_nursery(
    nursery: Nursery, name: str
) -> None:
    assert nursery.takes(os.environ | {"TOLD": "anything"})
    assert not nursery.takes(os.environ | {name: "something else"})
