"""What a command does before it knows what to do: Ctrl+C ends it without a traceback of imports."""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from jobload.cli import main
from jobload.lifecycle import entry

BOTH = {signal.SIGINT, signal.SIGTERM}


@pytest.fixture(autouse=True)
def signals_as_they_were() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in BOTH}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, BOTH)


@pytest.mark.parametrize("module", ["jobload", "target_app", "target_app.embedded"])
@pytest.mark.parametrize(
    ("before", "process", "then"),
    [
        (signal.default_int_handler, 4711, signal.SIG_DFL),
        (signal.default_int_handler, 1, signal.default_int_handler),
        (signal.SIG_IGN, 4711, signal.SIG_IGN),
    ],
    ids=["heard", "first", "ignored"],
)
def test_what_is_imported_leaves_ctrl_c_to_the_kernel(
    module: str, before: Any, process: int, then: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a shell has it ignored, it is. To the first process of a container the kernel takes no
    signal that has no handler."""
    signal.signal(signal.SIGINT, before)
    monkeypatch.setattr(os, "getpid", lambda: process)
    monkeypatch.setattr("sys.argv", [module, "--help"])
    monkeypatch.delitem(sys.modules, "target_app.embedded", raising=False)  # others import it
    monkeypatch.setattr("atexit.register", lambda *_: None)
    found: list[object] = []

    def look(*_: object, **__: object) -> int:
        found.append(signal.getsignal(signal.SIGINT))
        return 0

    monkeypatch.setattr("jobload.cli.main", look)
    monkeypatch.setattr("argparse.ArgumentParser.parse_args", lambda *_: exit(look()))
    with pytest.raises(SystemExit):
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    assert found == [then]


def test_a_command_that_is_under_way_is_told_of_it() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    assert main(["--version"]) == 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    "command", [["run", "--suite", "small"], ["target"]], ids=["run", "target"]
)
def test_it_waits_while_one_program_becomes_another(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python, as it starts, would take it for an error of some import, and that for a FAIL."""
    blocked: list[set[int]] = []

    def become(*_: object) -> None:
        blocked.append({*signal.pthread_sigmask(signal.SIG_BLOCK, [])} & BOTH)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setattr(os, "execve", become)
    with pytest.raises(SystemExit):
        main(command)
    assert blocked == [BOTH]


def test_a_locustfile_that_is_named_by_nothing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `validate` has it, and as what a pipeline leaves empty."""
    found: list[list[str]] = []

    def become(_: str, command: list[str]) -> None:
        found.append(command)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setenv("LOCUST_LOCUSTFILE", "")
    with pytest.raises(SystemExit):
        main(["run", "--suite", "small"])
    assert found[0][4:] == ["-f", "locustfile.py", "--suite", "small"]


@pytest.mark.parametrize(("process", "by_kernel"), [(4711, True), (1, False)])
def test_a_run_that_starts_ends_at_once_in_a_container_too(
    process: int, by_kernel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To its first process the kernel takes no signal that has no handler."""
    signal.pthread_sigmask(signal.SIG_BLOCK, BOTH)
    ended: list[int] = []
    monkeypatch.setattr(entry, "_become_locust", lambda *_: None)
    monkeypatch.setattr("gc.disable", lambda: None)
    monkeypatch.setattr(os, "getpid", lambda: process)
    monkeypatch.setattr(os, "_exit", ended.append)
    entry.run()
    assert not BOTH & {*signal.pthread_sigmask(signal.SIG_BLOCK, [])}
    for number in sorted(BOTH):
        handler = signal.getsignal(number)
        assert (handler is signal.SIG_DFL) is by_kernel
        if callable(handler) and not by_kernel:
            handler(number, None)
    assert ended == ([] if by_kernel else [130, 143])
