"""What each program says that it did, and what the server knows of it."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gevent
import pytest
from e2e.waiting import Background, Job
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

    def __init__(self, status: str) -> None:
        self.status = status
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


@dataclass(frozen=True)
class Measured:
    outcome: Outcome
    load: Load
    seen: list[tuple[str, str, str]]
    """By the server."""


def measured(
    name: str, folder: Path, status: str = "201 Created", **load: Any
) -> Measured | NotHereError:
    kind, program = KNOWN[name]
    folder.mkdir(parents=True)
    server = JobsServer(status)
    try:
        asked = Load(server.url, seconds=SECONDS, **load)
        return Measured(kind(program()).measured(asked, cores(), folder), asked, server.seen)
    except NotHereError as error:
        return error
    finally:
        server.stop()


def _refuse(command: list[str]) -> None:
    raise NotHereError(f"not installed: {command[-1]}")


class Measurements:
    """They wait for whole seconds, so they wait beside each other."""

    def __init__(self, background: Background) -> None:
        self._background = background

    def __call__(self, what: str, name: str) -> Measured:
        """Skips where it is not installed: a test installs nothing."""
        found: Measured | NotHereError = self._background[f"{what} {name}"]
        if isinstance(found, NotHereError):
            pytest.skip(str(found))
        return found


@pytest.fixture(scope="module")
def of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measurements]:
    folder, jobs = tmp_path_factory.mktemp("peers"), dict[str, Job]()
    for name in KNOWN:
        at = partial(measured, name)
        jobs[f"well {name}"] = partial(at, folder / f"well-{name}", payload_bytes=1024, users=2)
        jobs[f"failing {name}"] = partial(
            at, folder / f"failing-{name}", "500 Internal Server Error", payload_bytes=8, users=2
        )
    for name in WITH_FLOWS:
        to = folder / f"flow-{name}"
        jobs[f"flow {name}"] = partial(measured, name, to, payload_bytes=1024, users=1, steps=4)
    with (
        pytest.MonkeyPatch.context() as patched,
        Background(jobs) as background,
    ):
        patched.setattr(environment, "_make", _refuse)
        yield Measurements(background)


@pytest.mark.parametrize("name", KNOWN)
def test_a_program_says_what_the_server_has_counted(name: str, of: Measurements) -> None:
    it = of("well", name)
    assert it.outcome.failed == 0
    assert it.outcome.operations == pytest.approx(len(it.seen) * SECONDS / RUN_S, rel=0.25)
    assert 0 < it.outcome.cpu_s < SECONDS * len(cores())
    assert {path for path, _, _ in it.seen} == {it.load.path}
    assert all(len(json.loads(sent)["args"]["data"]) == 1024 for _, sent, _ in it.seen)


@pytest.mark.parametrize("name", [name for name in KNOWN if name != "k6"])
def test_what_fails_ends_the_benchmark_whoever_sent_it(name: str, of: Measurements) -> None:
    outcome = of("failing", name).outcome
    with pytest.raises(SystemExit, match="operations failed"):
        outcome.checked(name)


@pytest.mark.parametrize("name", WITH_FLOWS)
def test_a_flow_of_four_steps_carries_rows_and_captures(name: str, of: Measurements) -> None:
    it = of("flow", name)
    assert it.outcome.failed == 0
    flows = [it.seen[n : n + 4] for n in range(0, len(it.seen) - 3, 4)]
    users = Counter(flow[0][1] for flow in flows)
    assert len(users) == len(flows) > 1  # each a row of its own
    for n, ((path, user, _), submit, wait, fetch) in enumerate(flows):
        token, job = (f"id-{4 * n + number}" for number in (1, 2))
        assert path == "/login"
        assert submit[0] == it.load.path
        assert f'"user": "{user.removeprefix("user=")}"' in submit[1].replace('":"', '": "')
        assert (wait[0], fetch[0]) == (f"{it.load.path}/{job}", f"{it.load.path}/{job}/result")
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
