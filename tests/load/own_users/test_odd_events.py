"""Events of requests as no client should fire them: each is counted, and what it says that can't be
so makes the run no measurement, in a sentence that names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from math import inf, nan
from typing import Any

import pytest
from locust import User, constant, log, task
from one_process import OneProcess, assert_accounted, closed, wait_until

from jobload.load.own_users.locust_hooks import hook_into_locust
from jobload.measure.snapshot import Snapshot
from jobload.measure.stage_record import StageRecord

hook_into_locust()
PLAIN = {
    "request_type": "RPC",
    "name": "call",
    "response_time": 5.0,
    "response_length": 0,
    "exception": None,
    "context": {},
}


class Unwritable:
    def __str__(self) -> str:
        raise RuntimeError


@pytest.fixture
def process() -> Iterator[OneProcess]:
    process = OneProcess("http://127.0.0.1:1", closed())
    process.agent.requests.listen(process.environment)
    yield process
    process.end()


def fired(process: OneProcess, event: Mapping[str, object]) -> tuple[StageRecord, Snapshot]:
    """By each operation once, until three have ended."""

    class Caller(User):
        host = "http://127.0.0.1:1"
        wait_time = constant(0.01)

        @task
        def call(self) -> None:
            self.environment.events.request.fire(**event)

    process.say("load")
    process.add(Caller)
    wait_until(lambda: process.ended() >= 3)
    process.agent.finish(2.0)
    assert not log.unhandled_greenlet_exception
    record = process.record()
    assert_accounted(process.agent.recorder.stages)
    assert sum(step.attempts for step in record.steps.values()) == record.overall().attempts >= 3
    return record, process.sent[-1]


@pytest.mark.parametrize(
    "time",
    [nan, inf, -inf, -50.0, 1e18, 10**400, 7_200_000, "5", [5], timedelta(seconds=1)],
    ids=lambda time: repr(time)[:20],
)
@pytest.mark.parametrize("exception", [None, ValueError("no")])
def test_a_time_that_can_not_be_is_none_and_said(
    process: OneProcess, time: Any, exception: Any
) -> None:
    record, told = fired(process, PLAIN | {"response_time": time, "exception": exception})
    (step,) = record.steps.values()
    assert step.failed == (step.started if exception else 0)
    assert step.response_time.count == 0
    (sentence,) = told.crashes
    assert sentence.startswith(f"RPC call: events.request had a response_time of {time}"[:70])
    assert "milliseconds" in sentence


@pytest.mark.parametrize("time", [0, 5, 5.5, True])
def test_any_number_is_a_time(process: OneProcess, time: Any) -> None:
    record, told = fired(process, PLAIN | {"response_time": time})
    (step,) = record.steps.values()
    assert step.response_time.max_us == int(float(time) * 1000)
    assert told.crashes == []


def test_a_request_without_a_time_is_none_of_its_percentiles(process: OneProcess) -> None:
    record, told = fired(process, PLAIN | {"response_time": None})
    (step,) = record.steps.values()
    assert (step.response_time.count, told.crashes) == (0, [])
    assert step.untimed == step.succeeded == step.started


@pytest.mark.parametrize(
    ("named", "label"),
    [
        ({"name": ["a", 1]}, "RPC ['a', 1]"),
        ({"request_type": {}}, "{} call"),
        ({"name": Unwritable()}, "RPC Unwritable"),
        ({"name": None, "request_type": 7}, "7 None"),
        ({"name": b"\xff"}, r"RPC b'\xff'"),
    ],
)
def test_whatever_is_a_name_is_written(
    process: OneProcess, named: dict[str, object], label: str
) -> None:
    record, _ = fired(process, PLAIN | named)
    assert set(record.steps) == {label}
