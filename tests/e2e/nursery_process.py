"""Forks a process of `locust` or `jobload run` for each that is asked for, and tells how it ended.

It has imported what takes each of them most of a second of CPU. Of jobload too: nothing happens as
it is imported (tests/test_architecture.py), so it does not matter which process has done so. There
is one more for those whose clock can be stepped. All that other tests than these start begins with
an interpreter of its own all the same.
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
import sys
import threading
from _socket import CMSG_SPACE, socket
from importlib import import_module
from os import close, execv, waitpid  # as they are before Locust puts gevent's in their place
from pathlib import Path
from runpy import run_module
from time import sleep
from typing import Any, NoReturn

IMPORTED = (
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
ENTRY = "jobload.lifecycle.entry"
MARK = "E2E_TEST_MARK"
PR_SET_PDEATHSIG = 1
ENDS_WITHIN_S = 0.05
"""As an interpreter does; until then what it sent last goes out."""
MOST_BYTES = 1 << 20


def main(number: int) -> None:
    """Returns in a child, which then is what was asked for."""
    channel, libc, own_pid = socket(fileno=number), ctypes.CDLL(None), os.getpid()
    libc.getenv.restype = ctypes.c_void_p
    mark_at = libc.getenv(MARK.encode())
    watch = select.poll()
    platform.platform()  # starts a process, and is known then
    import_module("jobload.lifecycle.locust_import").import_locust()
    for name in IMPORTED:
        import_module(name)
    _make_what_is_kept()
    inspect.stack()  # asks each module for its file, and so does Locust whenever it stops
    fork = import_module("gevent.os").fork
    gc.freeze()
    watch.register(number, select.POLLIN)
    born: dict[int, tuple[int, int]] = {}
    while True:
        for descriptor, _ in watch.poll():
            if descriptor != number:
                watch.unregister(descriptor)
                _tell_end(descriptor, *born.pop(descriptor))
                continue
            asked, files = _asked(channel)
            if asked is None:
                os._exit(0)  # with it go those that it has forked
            *files, told = files
            pid = fork()
            if not pid:
                close(channel.detach())
                for each in (*born, *(told for _, told in born.values())):
                    close(each)
                _bind_to(own_pid, libc)
                ctypes.memmove(mark_at, asked["environ"][MARK].encode(), len(os.environ[MARK]))
                os.write(told, b"%d\n" % os.getpid())  # now it can be found by its mark
                close(told)
                _go_to(asked["host"], libc)
                _become(asked, files)
                return
            for each in files:
                close(each)
            descriptor = os.pidfd_open(pid)
            born[descriptor] = pid, told
            watch.register(descriptor, select.POLLIN)


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


def _asked(channel: socket) -> tuple[Any, list[int]]:
    message, ancillary, *_ = channel.recvmsg(MOST_BYTES, CMSG_SPACE(12))
    if not message:
        return None, []
    ((_, _, packed),) = ancillary
    return json.loads(message), [int.from_bytes(packed[at : at + 4], "little") for at in (0, 4, 8)]


def _tell_end(descriptor: int, pid: int, told: int) -> None:
    _, status = waitpid(pid, 0)
    os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
    close(told)
    close(descriptor)


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
    for number, file in enumerate(files, 1):
        os.dup2(file, number)
        close(file)
    os.environ.clear()
    os.environ.update(asked["environ"])
    os.chdir(asked["folder"])
    os.sched_setaffinity(0, asked["cores"])
    sys.argv = asked["command"]
    sys.path[0] = str(Path(sys.argv[0]).parent)


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
    main(int(sys.argv[1]))
    is_locust = Path(sys.argv[0]).name == "locust"
    if not is_locust:
        os.execv = _in_place  # type: ignore[assignment]  # in place of its own
    try:
        sys.exit(import_module("locust.main" if is_locust else "jobload.cli").main())
    except SystemExit as leaving:
        if not isinstance(leaving.code, int):
            raise
        _end(leaving.code)
