from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any, NoReturn

import gevent
import pytest
from locust.exception import StopUser
from one_process import closed, scenario, wait_until
from scripted_api import CREATED

from jobload.load.flow.reply_reading import Expectation
from jobload.load.http.dialer import Dialer
from jobload.load.http.http_error import ErrorKind, HttpError
from jobload.load.users.arrival_user import ArrivalUser
from jobload.load.users.job_submitter import JobSubmitter
from jobload.load.users.workload import Workload
from jobload.measure.stage_record import StageRecord

from .conftest import JOBS, Meet, one_operation


class Failing(JobSubmitter):
    """Raises where a test says, once in every two arrivals."""

    where = "before"
    error: type[BaseException] = ValueError
    count = 0

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        self.count += 1
        if self.count % 2:
            super().perform(intended_s, stage)
            return
        if self.where == "after":
            super().perform(intended_s, stage)
        raise self.error("out of luck")


def failing(where: str, error: type[BaseException] = ValueError) -> type[Failing]:
    return type("Unlucky", (Failing,), {"where": where, "error": error})


def test_an_exception_before_the_operation_is_a_failed_arrival_and_a_crash(meet: Meet) -> None:
    process, api = meet(CREATED)
    process.add(failing("before"))
    wait_until(lambda: process.record().started >= 10)
    process.close_stage()
    wait_until(lambda: process.ended() == process.record().started)
    blamed = process.endpoint("Unlucky")
    assert blamed.failed == blamed.started == process.record().started // 2
    assert blamed.errors.examples == {"exception-ValueError": "out of luck"}
    assert process.record().ended_bad == blamed.failed
    assert process.endpoint().succeeded == len(api.requests)
    process.agent.report()
    assert process.sent[-1].crashes == ["Unlucky: ValueError: out of luck"]


def test_an_exception_after_the_operation_leaves_it_a_success_and_is_a_crash(meet: Meet) -> None:
    process, api = meet(CREATED)
    process.add(failing("after"))
    wait_until(lambda: process.record().started >= 10)
    one_operation(process)
    assert list(process.record().endpoints) == [f"POST {JOBS}"]
    assert process.endpoint().succeeded == process.record().started == len(api.requests)
    process.agent.report()
    assert process.sent[-1].crashes == ["Unlucky: ValueError: out of luck"]


def test_an_exception_within_the_operation_is_its_failure_and_a_crash(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall_over(*_: object) -> str | None:
        raise RecursionError("too deep")

    monkeypatch.setattr(Expectation, "unmet", fall_over)
    process, _ = meet(CREATED, plan=scenario(expect={"json": ["id"]}))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert endpoint.failed == endpoint.started
    assert endpoint.errors.examples == {"exception-RecursionError": "too deep"}
    process.agent.report()
    assert process.sent[-1].crashes == ["JobSubmitter: RecursionError: too deep"]


def test_locust_hears_of_the_exception(meet: Meet) -> None:
    heard: list[BaseException] = []
    process, _ = meet(CREATED)
    process.environment.events.user_error.add_listener(
        lambda exception, **_: heard.append(exception)
    )
    process.add(failing("before"))
    wait_until(lambda: heard)
    assert isinstance(heard[0], ValueError)


class Careful(JobSubmitter):
    """Waits for something of its own before it sends."""

    gate: Any

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        self.gate.wait()
        super().perform(intended_s, stage)


def test_users_that_have_not_sent_yet_are_not_taken_for_those_that_fail(meet: Meet) -> None:
    gate = gevent.event.Event()
    process, _ = meet(CREATED)
    careful = process.add(type("Careful", (Careful,), {"gate": gate}))
    wait_until(lambda: careful.busy)
    process.add(failing("after"))
    wait_until(lambda: process.succeeded() >= 4)
    gate.set()
    one_operation(process)
    assert list(process.record().endpoints) == [f"POST {JOBS}"]


@pytest.mark.parametrize("way", ["killed", "stops itself"])
def test_a_user_that_ends_before_it_sends_leaves_a_censored_arrival(meet: Meet, way: str) -> None:
    process, _ = meet(CREATED)
    if way == "killed":
        user = process.add(type("Careful", (Careful,), {"gate": gevent.event.Event()}))
        wait_until(lambda: user.busy)
        user.stop(force=True)
    else:
        user = process.add(failing("before", StopUser))
    wait_until(lambda: user.greenlet.dead)
    assert process.endpoint(type(user).__name__).censored == 1
    assert process.ended() == process.record().started


class Idle(ArrivalUser):
    def prepare(self, workload: Workload) -> None:
        pass

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        pass


class Greedy(JobSubmitter):
    def perform(self, intended_s: float, stage: StageRecord) -> None:
        super().perform(intended_s, stage)
        super().perform(intended_s, stage)


@pytest.mark.parametrize(
    ("user_class", "complaint"),
    [(Idle, "without a call of operate"), (Greedy, "called operate twice")],
)
def test_a_user_class_that_does_not_make_one_operation_of_an_arrival_is_told_so(
    meet: Meet, user_class: type[ArrivalUser], complaint: str
) -> None:
    process, _ = meet(CREATED)
    process.add(user_class)
    wait_until(lambda: process.ended() >= 3)
    process.agent.report()
    (crash,) = process.sent[-1].crashes
    assert crash.startswith(f"{user_class.__name__}: RuntimeError: ")
    assert complaint in crash


@pytest.mark.timeout(20)
@pytest.mark.parametrize("reason", ["exception", "no rows", "refused"])
def test_users_without_a_rate_that_fail_at_once_do_not_stop_the_world(
    meet: Meet, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason == "refused":
        monkeypatch.setattr(Dialer, "dial", refuse_at_once)
    file = str(tmp_path / "missing.jsonl")
    plan = closed(retries=0, payload={"file": file} if reason == "no rows" else None)
    process, _ = meet(CREATED, plan=plan)
    began_s = perf_counter()
    user = process.add(Idle if reason == "exception" else JobSubmitter)
    gevent.sleep(0.05)
    assert perf_counter() - began_s < 5.0
    assert process.record().overall().failed > 3
    user.stop()
    wait_until(lambda: user.greenlet.dead)


def refuse_at_once(*_: object, **__: object) -> NoReturn:
    """As some systems do on loopback: without waiting for anything."""
    raise HttpError(ErrorKind.CONNECT_REFUSED, "connection refused")
