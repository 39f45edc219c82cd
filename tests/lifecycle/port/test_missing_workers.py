"""A worker that has been missing for more than a minute, on a real master of Locust."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from locust import User, runners
from locust.env import Environment
from locust.runners import (
    STATE_INIT,
    STATE_MISSING,
    STATE_RUNNING,
    STATE_STOPPED,
    STATE_STOPPING,
    WorkerNode,
)
from one_process import wait_until

from jobload.lifecycle.port.missing_workers import (
    LONG_S,
    forget_long_missing,
    never_start_anew,
    stop_without_the_missing,
)
from jobload.lifecycle.port.workers_port import MOST_WORKERS, WorkersPort

pytestmark = pytest.mark.waits


class Idle(User):
    pass


@pytest.fixture
def master(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """With 50 users on two workers, of which `b` will not be heard again."""
    monkeypatch.setattr(runners, "HEARTBEAT_DEAD_INTERNAL", runners.HEARTBEAT_DEAD_INTERNAL)
    monkeypatch.setattr(runners, "HEARTBEAT_INTERVAL", 0.05)
    monkeypatch.setenv("LOCUST_WAIT_FOR_WORKERS_REPORT_AFTER_RAMP_UP", "0")
    never_start_anew()
    master: Any = Environment(user_classes=[Idle]).create_master_runner("127.0.0.1", 0)
    master.sent = []
    master.server.send_to_client = master.sent.append
    for name, heartbeat in (("a", 10_000), ("b", -1)):
        master.clients[name] = WorkerNode(name, heartbeat_liveness=heartbeat)
    master.start(50, 50)
    master.state = STATE_RUNNING
    wait_until(lambda: master.clients["b"].state == STATE_MISSING)
    master.start(50, 1.001)  # as a run does when its crew has changed
    master.state = STATE_RUNNING
    yield master
    master.greenlet.kill(block=True)
    master.server.close()


def users_told(master: Any) -> list[int]:
    return [m.data["user_classes_count"]["Idle"] for m in master.sent if m.type == "spawn"]


def test_after_a_minute_the_others_keep_their_users(master: Any) -> None:
    assert users_told(master)[-1] == 50
    del master.sent[:]
    wait_until(lambda: master.clients["b"].heartbeat < -LONG_S - 10)
    assert users_told(master) == []


def test_who_is_missing_is_still_found_out_when_others_come_meanwhile(master: Any) -> None:
    master.clients["b"].heartbeat = -LONG_S
    gevent.spawn(master.start, 50, 1.0)
    master.clients["c"] = WorkerNode("c", heartbeat_liveness=0)
    wait_until(lambda: master.clients["c"].state == STATE_MISSING)


def test_a_test_has_stopped_when_all_have_that_are_there(master: Any) -> None:
    stop_without_the_missing(master)
    master.clients["c"] = WorkerNode("c", STATE_INIT, 10_000)
    master.state, master.clients["a"].state = STATE_STOPPING, STATE_RUNNING
    master.check_stopped()
    assert master.state == STATE_STOPPING
    master.clients["a"].state = STATE_INIT
    master.check_stopped()
    assert master.state == STATE_STOPPED


def test_long_missing_ones_make_room_for_new_ones(master: Any) -> None:
    port = WorkersPort()
    clients = master.clients
    for number in range(MOST_WORKERS):
        clients[f"gone{number}"] = WorkerNode(f"gone{number}", STATE_MISSING, int(-LONG_S))
    clients["just"] = WorkerNode("just", STATE_MISSING, -5)
    port._introduce(SimpleNamespace(clients=clients), "new")
    assert set(clients) == {"a", "b", "just"}
    forget_long_missing(master)
    assert set(clients) == {"a", "b", "just"}
