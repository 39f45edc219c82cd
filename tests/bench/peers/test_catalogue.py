"""What each program says that it did, and what the server knows of it."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.pywsgi import WSGIServer

from bench.child import cores
from bench.load import Load, Outcome
from bench.peers import catalogue, peer
from bench.peers.catalogue import KNOWN
from verify.who_notices import environment
from verify.who_notices.environment import NotHereError

pytestmark = pytest.mark.processes
SECONDS = 0.5
RUN_S = 2
ANSWER_S = 0.01
WITH_FLOWS = ("k9", "pywrkr", "autocannon")


class JobsServer:
    """Slow enough that nobody's speed counts. Remembers each request's (path, sent, known as)."""

    def __init__(self) -> None:
        self.status = "201 Created"
        self.seen: list[tuple[str, str, str]] = []
        self._server = WSGIServer(("127.0.0.1", 0), self._answer, log=None, error_log=None)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        sent = environ["wsgi.input"].read().decode()
        known = environ.get("HTTP_AUTHORIZATION", "")
        self.seen.append((environ["PATH_INFO"], sent, known))
        number = len(self.seen)
        gevent.sleep(ANSWER_S)
        start(self.status, [("Content-Type", "application/json")])
        return [json.dumps({"id": f"id-{number}"}).encode()]

    def stop(self) -> None:
        self._server.stop(timeout=1)


@pytest.fixture
def jobs() -> Iterator[JobsServer]:
    server = JobsServer()
    yield server
    server.stop()


def measured(name: str, load: Load, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Skips where it is not installed: a test installs nothing."""
    monkeypatch.setattr(environment, "_make", _refuse)
    kind, program = KNOWN[name]
    try:
        found = kind(program())
    except NotHereError as error:
        pytest.skip(str(error))
    return found.measured(load, cores(), folder)


def _refuse(command: list[str]) -> None:
    raise NotHereError(f"not installed: {command[-1]}")


@pytest.mark.parametrize("name", KNOWN)
def test_a_program_says_what_the_server_has_counted(
    name: str, jobs: JobsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Load(jobs.url, 1024, users=2, seconds=SECONDS)
    outcome = measured(name, load, tmp_path, monkeypatch)
    assert outcome.failed == 0
    assert outcome.operations == pytest.approx(len(jobs.seen) * SECONDS / RUN_S, rel=0.25)
    assert 0 < outcome.cpu_s < SECONDS * len(cores())
    assert {path for path, _, _ in jobs.seen} == {load.path}
    assert all(len(json.loads(sent)["args"]["data"]) == 1024 for _, sent, _ in jobs.seen)


@pytest.mark.parametrize("name", [name for name in KNOWN if name != "k6"])
def test_what_fails_ends_the_benchmark_whoever_sent_it(
    name: str, jobs: JobsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.status = "500 Internal Server Error"
    outcome = measured(name, Load(jobs.url, 8, users=2, seconds=SECONDS), tmp_path, monkeypatch)
    with pytest.raises(SystemExit, match="operations failed"):
        outcome.checked(name)


@pytest.mark.parametrize("name", WITH_FLOWS)
def test_a_flow_of_four_steps_carries_rows_and_captures(
    name: str, jobs: JobsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Load(jobs.url, 1024, users=1, seconds=SECONDS, steps=4)
    outcome = measured(name, load, tmp_path, monkeypatch)
    assert outcome.failed == 0
    flows = [jobs.seen[n : n + 4] for n in range(0, len(jobs.seen) - 3, 4)]
    users = Counter(flow[0][1] for flow in flows)
    assert len(users) == len(flows) > 1  # each a row of its own
    for n, ((path, user, _), submit, wait, fetch) in enumerate(flows):
        token, job = (f"id-{4 * n + number}" for number in (1, 2))
        assert path == "/login"
        assert submit[0] == load.path
        assert f'"user": "{user.removeprefix("user=")}"' in submit[1].replace('":"', '": "')
        assert (wait[0], fetch[0]) == (f"{load.path}/{job}", f"{load.path}/{job}/result")
        assert {known for _, _, known in (submit, wait, fetch)} == {f"Bearer {token}"}


def test_where_one_can_not_be_had_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise NotHereError("no network")

    known = {"k9": (KNOWN["k9"][0], nowhere), "wrk": (KNOWN["wrk"][0], lambda: "/bin/wrk")}
    monkeypatch.setattr(catalogue, "KNOWN", known)
    catalogue.peers.cache_clear()
    here, absent = catalogue.peers()
    catalogue.peers.cache_clear()
    assert list(here) == ["wrk"]
    assert absent == ["k9 is not compared: no network"]


class Silent(peer.Peer):
    def command(self, load: Load, seconds: int, folder: Path) -> list[str]:
        return ["sh", "-c", "echo nothing at all"]

    def said(self, output: str, folder: Path) -> peer.Said:
        raise ValueError(output)


def test_one_that_does_not_say_what_it_did_ends_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="Silent did not say what it did: nothing at all"):
        Silent("Silent").measured(Load("http://x", 8, seconds=0.1), cores(), tmp_path)
