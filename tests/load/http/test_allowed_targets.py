"""Where load may be sent."""

from __future__ import annotations

import socket
from typing import Any

import gevent
import pytest
from locust.env import Environment
from made_run import light

from jobload.load.http.allowed_targets import AllowedTargets
from jobload.load.http.origin import Origin, OriginError
from jobload.load.process.agent import Agent
from jobload.load.process.assignment import Assignment
from jobload.load.process.state import State
from jobload.load.users.locust_feed import LocustFeed
from jobload.measure.snapshot import Snapshot
from jobload.plan.loopback import leads_to_loopback


def looking_up(*addresses: str) -> Any:
    return lambda host, port: [(0, 0, 0, "", (address, port)) for address in addresses]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8000", "http://127.8.9.1", "http://[::1]:8000", "http://[::ffff:127.0.0.1]"],
)
def test_loopback_is_always_allowed(url: str) -> None:
    assert AllowedTargets.of([]).refusal(Origin.parse(url)) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.5",
        "http://0.0.0.0:8000",
        "http://[::ffff:10.0.0.5]",
        "http://169.254.169.254",
        "http://example.com",
        "http://2130706433",
        "http://127.0.0.1.example.com",
        "http://evil-localhost",
    ],
)
def test_everything_else_is_refused_with_what_to_do(url: str) -> None:
    origin = Origin.parse(url)
    refusal = AllowedTargets.of(["staging.example"]).refusal(origin, looking_up("127.0.0.1"))
    assert refusal is not None
    assert f"--allow-target {origin.host}" in refusal


@pytest.mark.parametrize(
    "given", ["staging.example", "https://Staging.example:8443", "staging.example:1"]
)
def test_a_host_named_on_the_command_line_is_allowed_on_any_port(given: str) -> None:
    allowed = AllowedTargets.of([given])
    assert allowed.refusal(Origin.parse("http://STAGING.example.:9000")) is None
    assert allowed.refusal(Origin.parse("http://other.staging.example")) is not None


def test_localhost_must_mean_this_machine() -> None:
    origin = Origin.parse("http://localhost:8000")
    allowed = AllowedTargets.of([])
    assert allowed.refusal(origin, looking_up("127.0.0.1", "::1")) is None
    refusal = allowed.refusal(origin, looking_up("127.0.0.1", "10.0.0.5"))
    assert refusal == "localhost leads to 10.0.0.5 here, which is not this machine."


def test_a_name_that_cannot_be_looked_up_is_refused() -> None:
    def nowhere(host: str, port: int) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    refusal = AllowedTargets.of([]).refusal(Origin.parse("http://localhost"), nowhere)
    assert refusal is not None
    assert "can't be looked up" in refusal


def test_an_ipv6_address_can_be_allowed_with_or_without_brackets() -> None:
    for given in ("fd00::5", "[fd00::5]", "http://[fd00::5]:80"):
        assert AllowedTargets.of([given]).refusal(Origin.parse("http://[fd00::5]:8000")) is None


def test_what_is_no_host_is_refused_at_start() -> None:
    with pytest.raises(OriginError, match="--allow-target"):
        AllowedTargets.of(["not a host"])


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("", False),
        ("*", False),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.5", False),
    ],
)
def test_who_can_reach_what_listens(host: str, own: bool) -> None:
    assert leads_to_loopback(host) is own


def test_a_process_that_is_told_to_load_another_host_says_so_and_sends_nothing() -> None:
    said: list[Snapshot] = []
    agent = Agent("worker", lambda: 0, said.append, LocustFeed(Environment()))
    agent.begin(Assignment("run", Origin.parse("http://10.0.0.5"), (light(),), frozenset({"b"})))
    agent.follow(State("run", 1, "load", 0, 0, 0.0, 1.0))
    gevent.sleep(0.05)
    agent.finish(0.0)
    assert "The host 10.0.0.5 is not an allowed target" in said[-1].crashes[0]
    assert said[-1].stages == []


def test_the_list_travels_with_the_plan() -> None:
    sent = Assignment("run", Origin.parse("http://b:1"), (light(),), frozenset({"b"}))
    assert Assignment.from_json(sent.to_json()) == sent
