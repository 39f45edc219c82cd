"""What a command does before it knows what to do: Ctrl+C ends it without a traceback of imports."""

from __future__ import annotations

import os
import runpy
import signal
from collections.abc import Iterator

import pytest

from jobload.cli import main
from jobload.lifecycle import entry


@pytest.fixture(autouse=True)
def signals_as_they_were() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


@pytest.mark.parametrize("module", ["jobload", "target_app", "target_app.embedded"])
@pytest.mark.parametrize("is_ignored", [False, True], ids=["heard", "ignored"])
def test_what_is_imported_leaves_ctrl_c_to_the_kernel(
    module: str, is_ignored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a shell has it ignored, it is."""
    if is_ignored:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    monkeypatch.setattr("sys.argv", [module, "--help"])
    monkeypatch.setattr("atexit.register", lambda *_: None)
    found: list[object] = []

    def look(*_: object, **__: object) -> int:
        found.append(signal.getsignal(signal.SIGINT))
        return 0

    monkeypatch.setattr("jobload.cli.main", look)
    monkeypatch.setattr("argparse.ArgumentParser.parse_args", lambda *_: exit(look()))
    with pytest.raises(SystemExit):
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    assert found == [signal.SIG_IGN if is_ignored else signal.SIG_DFL]


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
        blocked.append({*signal.pthread_sigmask(signal.SIG_BLOCK, [])} & {signal.SIGINT})
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setattr(os, "execve", become)
    with pytest.raises(SystemExit):
        main(command)
    assert blocked == [{signal.SIGINT}]


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


def test_a_run_takes_it_as_soon_as_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    monkeypatch.setattr(entry, "_become_locust", lambda *_: None)
    monkeypatch.setattr("gc.disable", lambda: None)
    entry.run()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
