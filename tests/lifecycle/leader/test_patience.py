"""Locust waits for what its workers report of their users, and nothing else may wait for that."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from locust import User
from locust.env import Environment
from locust.rpc import Message
from locust.runners import STATE_RUNNING, MasterRunner

from jobload.lifecycle.leader.planned_users import MOST_PATIENCE_S, PlannedUsers
from jobload.lifecycle.leader.scenario_run import EARLY_S
from jobload.lifecycle.leader.workers import WorkerProcesses
from jobload.plan.stage import Stage

STAGES = (Stage("ramp-up", 2.5, 0, 5, 1.0, judged=False), Stage("hold", 3.0, 5, 5, 1.0, True))


class Idle(User):
    weight = 1


@pytest.fixture
def leader(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Of a real master, with one worker that never says that it has users."""
    monkeypatch.setenv("LOCUST_WAIT_FOR_WORKERS_REPORT_AFTER_RAMP_UP", "30")
    environment: Any = Environment(user_classes=[Idle])
    environment.parsed_options = SimpleNamespace(enable_rebalancing=False)
    runner: Any = MasterRunner(environment, "127.0.0.1", 0)
    made: Any = SimpleNamespace(
        run=None, runner=runner, is_master=True, processes=WorkerProcesses(runner)
    )
    PlannedUsers(made)
    runner.handle_message("w1", Message("client_ready", -1, "w1"))
    runner.clients["w1"].state = STATE_RUNNING
    yield made
    runner.greenlet.kill()
    context = runner.server.socket.context
    runner.server.close()
    context.destroy(linger=0)


def patience_s(leader: Any) -> float:
    waits_s: float = leader.runner._wait_for_workers_report_after_ramp_up()
    return waits_s


def test_a_worker_that_never_reports_its_users_keeps_no_others_waiting(leader: Any) -> None:
    began_s = perf_counter()
    leader.runner.start(3, 3.0)
    assert perf_counter() - began_s < 10.0
    assert leader.runner.user_count == 0


@pytest.mark.parametrize(
    ("in_scenario_s", "left_s"), [(0.1, MOST_PATIENCE_S), (0.9, 0.1), (2.4, 0.1), (2.4999, 0.0)]
)
def test_no_change_of_users_comes_late_for_it(
    leader: Any, in_scenario_s: float, left_s: float
) -> None:
    leader.run = SimpleNamespace(phase="load", stages=STAGES, in_scenario_s=in_scenario_s)
    assert patience_s(leader) == pytest.approx(left_s, abs=2 * EARLY_S)


def test_the_greenlet_that_hears_the_workers_waits_for_none(leader: Any) -> None:
    def waits_in_it() -> float:
        leader.processes.on_connect()
        return patience_s(leader)

    assert gevent.spawn(waits_in_it).get() == 0.0
