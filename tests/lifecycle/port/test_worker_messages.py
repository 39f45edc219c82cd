"""What workers say is taken as it is; anything else is refused as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from e2e.rude_peer import MALFORMED
from locust import User
from locust.env import Environment
from locust.rpc.protocol import Message
from locust.stats import setup_distributed_stats_event_listeners

from jobload.lifecycle.port.worker_messages import (
    LARGEST_BYTES,
    MOST_NAMES,
    MalformedMessageError,
    Unread,
    read_message,
)

NAME = "vm_1"


def received(kind: str, data: Any) -> Message:
    sender, message = read_message([NAME.encode(), Message(kind, data, NAME).serialize()])
    assert (sender, message.node_id, message.type) == (NAME, NAME, kind)
    return message


def report() -> dict[str, Any]:
    """As a worker of Locust puts it together."""

    class Some(User):
        pass

    environment = Environment(user_classes=[Some])
    runner = environment.create_local_runner()
    setup_distributed_stats_event_listeners(environment.events, environment.stats)
    for ms in (0, 12, 147, 3432, 58760):
        environment.stats.log_request("GET", "/a", ms, 10)
    environment.stats.log_error("GET", "/a", "http-500")
    data: dict[str, Any] = {"user_classes_count": {"Some": 2}, "user_count": 2}
    environment.events.report_to_master.fire(client_id=NAME, data=data)
    runner.quit()
    return data


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("client_ready", "2.47.0"),
        ("client_ready", -1),
        ("client_stopped", None),
        ("quit", None),
        ("spawning", None),
        ("spawning_complete", {"user_classes_count": {"A": 3}, "user_count": 3}),
        ("exception", {"msg": "no\nway", "traceback": "  File"}),
        ("logs", {"worker_id": NAME, "logs": ["a line"]}),
        ("locustfile", {"version": "2.47.0"}),
        ("jobload.snapshot", b"\x81"),
        (
            "heartbeat",
            {"state": "running", "current_cpu_usage": 3.5, "current_memory_usage": 1234},
        ),
    ],
)
def test_what_a_worker_says_comes_through_as_it_is(kind: str, data: Any) -> None:
    assert received(kind, data).data == data


def test_the_statistics_of_a_worker_come_through_as_they_are() -> None:
    data = report()
    assert data["stats_total"]["num_requests"] == 5
    assert received("stats", data).data == data


def test_what_a_locustfile_adds_to_a_report_comes_through_with_it() -> None:
    """By `events.report_to_master`, for a listener of `worker_report`."""
    added = {"content-length": 17, "cache_stats": {"/a": {"hit": 1, "miss": None}}}
    taken = received("stats", report() | added).data
    assert {name: taken[name] for name in added} == added


def test_a_message_of_a_locustfiles_own_is_read_later() -> None:
    unread = received("custom", {"any": [1, 2]}).data
    assert isinstance(unread, Unread)
    assert unread.read().data == {"any": [1, 2]}


@pytest.mark.parametrize("packed", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_malformed_is_refused(packed: bytes) -> None:
    with pytest.raises(MalformedMessageError):
        read_wholly([b"rude", packed])


def read_wholly(frames: list[bytes]) -> None:
    data = read_message(frames)[1].data
    if isinstance(data, Unread):
        data.read()


@pytest.mark.parametrize(
    "frames",
    [
        [NAME.encode()],
        [NAME.encode(), b"", b""],
        [b"", Message("quit", None, "").serialize()],
        [b"\xff", Message("quit", None, "x").serialize()],
        [b"\x1b[2J", Message("quit", None, "\x1b[2J").serialize()],
        [b"a\nb", Message("quit", None, "a\nb").serialize()],
        ["\u202ea".encode(), Message("quit", None, "\u202ea").serialize()],
        [b"other", Message("quit", None, NAME).serialize()],
    ],
)
def test_who_can_not_be_named_is_refused(frames: list[bytes]) -> None:
    with pytest.raises(MalformedMessageError):
        read_message(frames)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["stats_total"]["num_reqs_per_sec"].update({int(time.time()) + 900_000: 1}),
        lambda d: d["stats_total"]["num_fail_per_sec"].update({0: 1}),
        lambda d: d["stats_total"]["response_times"].update({123: 1}),
        lambda d: d["stats_total"]["response_times"].update({10**12: 1}),
        lambda d: d["stats_total"]["response_times"].update({-1: 1}),
        lambda d: d["stats"].extend(d["stats"] * MOST_NAMES),
        lambda d: d["errors"].update({f"{n}": {} for n in range(MOST_NAMES + 1)}),
        lambda d: d.update(user_classes_count={"Some": -1}),
        lambda d: d.update(user_classes_count={"Some": "many"}),
    ],
)
def test_statistics_that_would_grow_without_end_are_refused(
    change: Callable[[dict[str, Any]], None],
) -> None:
    data = report()
    change(data)
    with pytest.raises(MalformedMessageError):
        received("stats", data)


def test_only_snapshots_may_be_large() -> None:
    large = b"x" * LARGEST_BYTES
    assert received("jobload.snapshot", large).data == large
    with pytest.raises(MalformedMessageError, match="too large"):
        received("custom", large)
