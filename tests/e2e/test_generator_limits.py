"""A generator without a port or a file for a request fails by itself: that is no FAIL of a target
which it never asked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from e2e.hosts import Host, Hosts, why_no_hosts
from e2e.load_test import LOCUSTFILES, LoadTest, Mode, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import Fields, steady, write_plan
from e2e.truth_server import TruthServer, running_server
from e2e.waiting import Background, Job

NO_HOSTS = why_no_hosts()
LATENCY_MS = 20
USERS, RATE = 120, 400
PORTS = "40000 40019"
KINDS: dict[str, Fields] = {
    "one request": {"retries": 0, "users_mix": {"JobSubmitter": 1}},
    "retried": {"retries": 4, "users_mix": {"JobSubmitter": 1}},
    "a flow": {"retries": 0, "steps": [{"get": "/items"}, {"post": "/orders", "json": {}}]},
    "HttpUser": {"users_mix": {"Browser": 1}},
    "FastHttpUser": {"users_mix": {"FastBrowser": 1}},
}
CASES: list[tuple[str, Mode]] = [
    *((kind, "local") for kind in KINDS),
    ("one request", "workers"),
    ("HttpUser", "processes"),
]
LIMITS = [{"metric": "error_rate", "expect": "<= 1%"}, {"metric": "p95", "expect": "<= 150ms"}]


def _plan(folder: Path, fields: Fields) -> list[str]:
    scenario = steady(USERS, RATE, 3, 1, **fields)
    if "steps" in fields:
        del scenario["payload_bytes"]
    return [*write_plan(folder, {"light": scenario}, {"light": LIMITS})]


def _asked(server: TruthServer) -> int:
    """But for the question whether it is ready."""
    asked: dict[str, int] = server.facts()["requests"]
    return sum(count for place, count in asked.items() if place != "GET /")


def _out_of_files(folder: Path, fields: Fields, mode: Mode) -> tuple[Outcome, int]:
    with running_server("fixed", latency_ms=LATENCY_MS, status=200) as server:
        outcome = run_locust(
            folder,
            *_plan(folder, fields),
            host=server.url,
            mode=mode,
            locustfile=LOCUSTFILES / "starving.py",
        )
        return outcome, _asked(server)


class OnGenerator(LoadTest):
    def __init__(self, host: Host, folder: Path, *options: str, url: str) -> None:
        self._generator = host
        super().__init__(folder, *options, host=url)

    def _host(self, name: str) -> Host | None:
        return self._generator


def _out_of_ports(folder: Path, fields: Fields) -> tuple[Outcome, int]:
    with Hosts(folder / "hosts", ["generator", "target"]) as hosts:
        generator = hosts["generator"]
        generator.run("sysctl", "-qw", f"net.ipv4.ip_local_port_range={PORTS}")
        with (
            running_server("fixed", hosts["target"], latency_ms=LATENCY_MS, status=200) as server,
            OnGenerator(generator, folder, *_plan(folder, fields), url=server.url) as test,
        ):
            outcome = test.outcome(60)
            return outcome, _asked(server)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        f"{kind} {mode}": partial(_out_of_files, folder / f"{kind} {mode}", KINDS[kind], mode)
        for kind, mode in CASES
    }
    if NO_HOSTS is None:
        jobs["ports"] = partial(_out_of_ports, folder / "ports", {"retries": 0})
    with Background(jobs, at_once=2) as background:
        yield background


@pytest.mark.parametrize(("kind", "mode"), CASES)
def test_without_files_the_run_is_invalid_and_the_generator_named(
    runs: Background, kind: str, mode: Mode
) -> None:
    outcome, asked = runs[f"{kind} {mode}"]
    _assert_is_the_generators(outcome, asked, "out-of-files")


@pytest.mark.skipif(NO_HOSTS is not None, reason=NO_HOSTS or "")
def test_so_it_is_without_local_ports(runs: Background) -> None:
    outcome, asked = runs["ports"]
    _assert_is_the_generators(outcome, asked, "out-of-ports")


def _assert_is_the_generators(outcome: Outcome, asked: int, kind: str) -> None:
    """What the server was not asked is all that was lacking."""
    outcome.assert_came_to(3, "INVALID")
    assert "found no local port or file descriptor" in outcome.complaints["requests-sent"]
    assert outcome.scenario("light")["diagnosis"]["cause"] == "generator-lacks"
    told = {error["kind"].rpartition(": ")[2] for s in outcome.stages for error in s["errors"]}
    assert told <= {kind}
    lacking = outcome.sum("without_socket")
    assert lacking > 100
    attempts = sum(e["attempts"] for s in outcome.stages for e in s["endpoints"])
    assert attempts - lacking == asked
