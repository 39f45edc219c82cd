"""Forks a process of `locust` or `jobload run` for each that is asked for, and tells how it ended.

It has imported what takes each of them most of a second of CPU. Of jobload too: nothing happens as
it is imported (tests/test_architecture.py), so it does not matter which process has done so. There
is one more for those whose clock can be stepped, and one for servers, in which Locust has patched
nothing. All tests of a session ask the same ones, which end with it.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import inspect
import json
import os
import platform
import select
import signal
import struct
import sys
import threading
from _socket import AF_UNIX, CMSG_SPACE, SO_PEERCRED, SOCK_SEQPACKET, SOL_SOCKET, socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fcntl import F_DUPFD_CLOEXEC, fcntl
from importlib import import_module
from os import close, execv, waitpid  # as they are before Locust puts gevent's in their place
from pathlib import Path
from runpy import run_module
from time import sleep
from typing import Any, NoReturn

TESTS = Path(__file__).parents[1]
OF_LOCUST = (
    "gevent.fileobject",
    "gevent.resolver.thread",
    "gevent.threadpool",
    "locust.main",
    "jobload.lifecycle.install",
    "jobload.lifecycle.leader.leading_process",
    "jobload.lifecycle.worker.worker",
    "jobload.load.users.job_follower",
    "jobload.load.users.job_watcher",
    "jobload.load.users.flow_user",
    "jobload.report.files.html_page",
    "jobload.report.files.write",
    "jobload.web.web_ui",
    "jsonpath_rfc9535",
    "jsonschema",
)
OF_SERVERS = (
    "e2e.servers.alarm",
    "e2e.servers.behaviours",
    "e2e.servers.handshakes",
    "random",
    "target_app.app",
    "target_app.protocol",
    "target_app.server",
    "target_app.workers",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
)
"""Not the modules that are run: each runs anew."""
ENTRY = "jobload.lifecycle.entry"
MARK = "E2E_TEST_MARK"
PR_SET_PDEATHSIG = 1
ENDS_WITHIN_S = 0.05
"""As an interpreter does; until then what it sent last goes out."""
MOST_BYTES, MOST_FILES = 1 << 20, 16


@dataclass(frozen=True)
class Child:
    pid: int
    told: int
    asker: int


def main(name: str, kind: str, owner: int, path: str) -> None:
    """Returns in a child, which then is what was asked for."""
    listener, watch = _listener(name), select.poll()  # gevent's would wait for children itself
    libc, own_pid, owner_ends = ctypes.CDLL(None), os.getpid(), os.pidfd_open(owner)
    libc.getenv.restype = ctypes.c_void_p
    mark_at = libc.getenv(MARK.encode())
    fork = _import_for(kind, path)
    gc.freeze()
    for descriptor in (listener.fileno(), owner_ends):
        watch.register(descriptor, select.POLLIN)
    askers: dict[int, socket] = {}
    born: dict[int, Child] = {}
    while True:
        for descriptor, _ in watch.poll():
            if descriptor == owner_ends:
                os._exit(0)  # with it go those that it has forked
            if descriptor == listener.fileno():
                if asker := _accepted(listener):
                    askers[asker.fileno()] = asker
                    watch.register(asker.fileno(), select.POLLIN)
                continue
            if descriptor in born:
                watch.unregister(descriptor)
                _tell_end(descriptor, born.pop(descriptor))
                continue
            asked, files = _asked(askers[descriptor])
            if asked is None:
                watch.unregister(descriptor)
                askers.pop(descriptor).close()
                _kill([child.pid for child in born.values() if child.asker == descriptor])
                continue
            told, *files = files
            pid = fork()
            if not pid:
                for own in (listener, *askers.values()):
                    close(own.detach())
                for each in (owner_ends, *born, *(child.told for child in born.values())):
                    close(each)
                _bind_to(own_pid, libc)
                mark = asked["environ"].get(MARK, os.environ[MARK])
                ctypes.memmove(mark_at, mark.encode(), len(os.environ[MARK]))
                os.write(told, b"%d\n" % os.getpid())  # now it can be found by its mark
                close(told)
                _go_to(asked["host"], libc)
                _become(asked, files)
                return
            for each in files:
                close(each)
            ends = os.pidfd_open(pid)
            born[ends] = Child(pid, told, descriptor)
            watch.register(ends, select.POLLIN)


def _listener(name: str) -> socket:
    """In a process that is nobody's child. Only one can have it: who comes second is not needed."""
    listener = socket(AF_UNIX, SOCK_SEQPACKET)
    try:
        listener.bind(f"\0{name}")
    except OSError:
        os._exit(0)
    listener.listen(64)
    if os.fork():
        os._exit(0)
    return listener


def _accepted(listener: socket) -> socket | None:
    descriptor, _ = listener._accept()  # type: ignore[attr-defined]  # of all sockets
    asker = socket(fileno=descriptor)
    _, user, _ = struct.unpack("3i", asker.getsockopt(SOL_SOCKET, SO_PEERCRED, 12))
    if user == os.getuid():
        return asker
    asker.close()
    return None


def _import_for(kind: str, path: str) -> Callable[[], int]:
    """How it forks. The path is not of a server, which may have another one."""
    if kind == "servers":
        found_at_start = sys.path[1:]
        sys.path[:1] = [str(TESTS), *_folders(path)]
        for name in OF_SERVERS:
            with suppress(ModuleNotFoundError):  # without the extra `target`
                import_module(name)
        sys.path[1:] = found_at_start
        return os.fork
    platform.platform()  # starts a process, and is known then
    import_module("jobload.lifecycle.locust_import").import_locust()
    for name in OF_LOCUST:
        import_module(name)
    _make_what_is_kept()
    inspect.stack()  # asks each module for its file, and so does Locust whenever it stops
    fork: Callable[[], int] = import_module("gevent.os").fork
    return fork


def _make_what_is_kept() -> None:
    """At its first use, and takes each of them a tenth of a second."""
    models: list[Any] = [
        import_module("jobload.plan.strict_model").StrictModel,
        import_module("jobload.report.result.stage_model").ResultModel,
    ]
    for model in models:
        models += model.__subclasses__()
        model.model_rebuild()
    templates = import_module("jobload.report.files.html_page")._environment()
    for name in templates.list_templates(extensions=["j2"]):
        templates.get_template(name)


def _asked(asker: socket) -> tuple[Any, list[int]]:
    message, ancillary, *_ = asker.recvmsg(MOST_BYTES, CMSG_SPACE(4 * MOST_FILES))
    if not message:
        return None, []
    ((_, _, packed),) = ancillary
    return json.loads(message), [number for (number,) in struct.iter_unpack("i", packed)]


def _tell_end(descriptor: int, child: Child) -> None:
    _, status = waitpid(child.pid, 0)
    with suppress(BrokenPipeError):  # who asked for it has ended
        os.write(child.told, b"%d\n" % os.waitstatus_to_exitcode(status))
    close(child.told)
    close(descriptor)


def _kill(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def _bind_to(parent: int, libc: ctypes.CDLL) -> None:
    os.setsid()
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _go_to(host: int | None, libc: ctypes.CDLL) -> None:
    for kind in ("net", "uts", "mnt") if host else ():
        with Path(f"/proc/{host}/ns/{kind}").open() as namespace:
            if libc.setns(namespace.fileno(), 0):
                os._exit(1)


def _become(asked: dict[str, Any], files: list[int]) -> None:
    output, errors, *passed = files
    for number, file in enumerate((output, errors), 1):
        os.dup2(file, number)
        close(file)
    _take(passed, asked["pass_fds"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    os.chdir(asked["folder"])
    os.sched_setaffinity(0, asked["cores"])
    os.setpriority(os.PRIO_PROCESS, 0, asked["nice"])
    sys.argv = asked["command"]
    sys.path[0] = str(Path(sys.argv[0]).parent)


def _take(files: list[int], numbers: list[int]) -> None:
    """Under these numbers, which another of them may have had."""
    away = [fcntl(file, F_DUPFD_CLOEXEC, max(numbers, default=0) + 1) for file in files]
    for file in files:
        close(file)
    for file, number in zip(away, numbers, strict=True):
        os.dup2(file, number)
        close(file)


def _run_module(module: str, arguments: list[str]) -> None:
    """As `python -m` does."""
    folders = _folders(os.environ.get("PYTHONPATH", ""))
    sys.path[:] = [str(Path.cwd()), *dict.fromkeys([*folders, *sys.path[1:]])]
    sys.argv = [module, *arguments]
    run_module(module, run_name="__main__", alter_sys=True)


def _folders(path: str) -> list[str]:
    """As an interpreter takes them when it starts."""
    return [*map(os.path.abspath, path.split(os.pathsep))] if path else []


def _in_place(program: str, command: list[str]) -> None:
    """What `jobload run` becomes by `exec`, which would begin with an interpreter that is empty."""
    os.execv = execv
    if command[1:3] != ["-m", ENTRY]:
        execv(program, command)
    sys.path[0], sys.argv = str(Path.cwd()), command[2:]
    run_module(command[2], run_name="__main__", alter_sys=True)


def _end(code: int) -> NoReturn:
    """As an interpreter does, but for taking itself apart: that would copy all that is shared with
    the nursery, which was more than a third of the CPU of a run."""
    shared: Any = threading
    shared._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.__stdout__, sys.stderr):
        if stream is not None:
            stream.flush()
    sleep(ENDS_WITHIN_S)
    os._exit(code & 0xFF)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
    is_locust = Path(sys.argv[0]).name == "locust"
    try:
        if sys.argv[1] == "-m":
            _run_module(sys.argv[2], sys.argv[3:])
            _end(0)
        if not is_locust:
            os.execv = _in_place  # type: ignore[assignment]  # in place of its own
        sys.exit(import_module("locust.main" if is_locust else "jobload.cli").main())
    except SystemExit as leaving:
        if not isinstance(leaving.code, int):
            raise
        _end(leaving.code)
