"""What the workers' port takes, and from whom."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jobload.lifecycle.port.worker_token import (
    TOKEN,
    TOKEN_FILE,
    TokenError,
    find_token,
    own_token_for_processes,
)

pytestmark = pytest.mark.processes

PEERS = Path(__file__).with_name("token_peers.py")
SECRET, OTHER = "a" * 32, "b" * 32


def meet(master: str, worker: str, within_s: float) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, str(PEERS), master, worker, str(within_s)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout, done.stderr


def test_a_worker_with_the_token_is_heard_and_answered() -> None:
    out, _ = meet(SECRET, SECRET, 10)
    assert out == "got client_ready from worker\nanswered ack\n"


@pytest.mark.parametrize("worker", [OTHER, ""], ids=["another token", "no token"])
def test_a_worker_without_the_token_is_not_heard_and_the_log_says_so(worker: str) -> None:
    out, err = meet(SECRET, worker, 1.5)
    assert out == "nothing\n"
    assert "Refused a peer" in err
    assert SECRET not in err


def test_a_worker_with_a_token_does_not_talk_to_a_master_without() -> None:
    assert meet("", SECRET, 1.5)[0] == "nothing\n"


def test_a_short_token_is_refused_without_repeating_it() -> None:
    with pytest.raises(TokenError, match="shorter than 16") as raised:
        find_token({TOKEN: "hunter2hunter"})
    assert "hunter2" not in str(raised.value)


def test_a_token_file_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "token"
    first = find_token({TOKEN_FILE: str(path)})
    assert first is not None
    assert len(first) == 64
    assert find_token({TOKEN_FILE: str(path)}) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_token_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match="no/such/folder"):
        find_token({TOKEN_FILE: str(tmp_path / "no/such/folder")})


@pytest.mark.parametrize(
    ("text", "why"), [(b"", "is empty"), (b"\n", "is empty"), (b"\xff\xfe", "is no text")]
)
def test_a_token_file_without_a_token_is_no_leave_to_go_without(
    tmp_path: Path, text: bytes, why: str
) -> None:
    path = tmp_path / "token"
    path.write_bytes(text)
    with pytest.raises(TokenError, match=f"{path}, which {why}"):
        find_token({TOKEN_FILE: str(path)})


@pytest.mark.parametrize("environ", [{}, {TOKEN: ""}, {TOKEN: " ", TOKEN_FILE: " "}], ids=str)
def test_workers_that_are_children_inherit_a_token_nobody_had_to_set(
    environ: dict[str, str],
) -> None:
    own_token_for_processes(environ, ["--headless", "--processes", "2"])
    assert len(environ[TOKEN]) == 64


def test_a_token_that_was_set_stays() -> None:
    environ = {TOKEN: SECRET}
    own_token_for_processes(environ, ["--processes=2"])
    assert environ == {TOKEN: SECRET}
    untouched: dict[str, str] = {}
    own_token_for_processes(untouched, ["--master"])
    assert untouched == {}


@pytest.mark.parametrize(
    ("environ", "arguments"), [({}, ["--worker"]), ({"LOCUST_MODE_WORKER": "true"}, [])], ids=str
)
def test_several_workers_of_another_master_take_no_token_that_it_does_not_have(
    environ: dict[str, str], arguments: list[str]
) -> None:
    given = dict(environ)
    own_token_for_processes(environ, [*arguments, "--processes", "2"])
    assert environ == given
