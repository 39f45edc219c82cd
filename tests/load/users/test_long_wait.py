"""In a closed model a user that waits from before a stage until after its end takes no arrival in
it: what would have begun there is missed, for no user was free for it."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from locust import FastHttpUser, User, task
from one_process import OneProcess, closed, scenario, wait_until
from scripted_api import BROKEN, CREATED, Answer, Request, Silence

from jobload.load.own_users.locust_hooks import hook_into_locust
from jobload.load.users.flow_user import FlowUser
from jobload.load.users.job_follower import JobFollower
from jobload.load.users.job_submitter import JobSubmitter

from .conftest import Meet

pytestmark = pytest.mark.timed

hook_into_locust()
BEFORE, WITHIN, THIRD = (0, 0), (0, 1), (0, 2)
NAMES = ("before", "within", "third", "after")
STAGES = [{"name": name, "duration": "1m", "users": 1} for name in NAMES]
STAGE_S, LONG_S = 0.15, 0.6
SUBMIT = {"name": "submit", "post": "/jobs", "json": {}}
ONE_STEP = {"steps": [SUBMIT], "payload_bytes": 1024}


def plan(**fields: Any) -> Any:
    return closed(stages=STAGES, **{"retries": 0, "timeout": "600ms", **fields})


def later(answer: Answer, first: int = 0) -> Any:
    """After the first ones, which are quick."""
    asked = 0

    def script(request: Request) -> Answer:
        nonlocal asked
        asked += 1
        if asked > first:
            gevent.sleep(LONG_S / 2)
        return answer

    return script


def go_through(process: Any, requests: int = 1) -> None:
    """When so many requests have been sent, two stages come and go."""
    api = process.api
    wait_until(lambda: len(api.requests) == requests)
    for stage in (1, 2, 3):
        process.say("load", stage=stage)
        gevent.sleep(STAGE_S if stage == 1 else 0.01)
    wait_until(lambda: not process.record(BEFORE).in_flight)
    process.say("drain")


def missed(process: OneProcess, key: tuple[int, int] = WITHIN) -> int:
    return process.record(key).missed


def met(
    meet: Meet, *answers: Answer, users: Any = JobSubmitter, count: int = 1, **more: Any
) -> Any:
    process: Any
    process, process.api = meet(*answers, **more)
    for _ in range(count):
        process.add(users)
    return process


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("kind", [JobSubmitter, FlowUser])
def test_no_reply_from_before_until_after_is_an_arrival_that_was_missed(
    meet: Meet, kind: Any, count: int
) -> None:
    fields = ONE_STEP if kind is FlowUser else {}
    process = met(meet, Silence(), users=kind, count=count, plan=plan(**fields))
    go_through(process, count)
    within = process.record(WITHIN)
    assert within.offered == within.missed == within.unfinished.count == count
    assert within.unfinished_lower.min_us >= STAGE_S * 1e6
    assert sum(within.unstarted.values()) == count
    assert missed(process, THIRD) == count, "each stage by itself"
    assert missed(process, BEFORE) == missed(process, (0, 3)) == 0


def test_a_step_that_is_sent_in_another_stage_than_its_operation_is_told_there(meet: Meet) -> None:
    steps = {"steps": [SUBMIT, {"pause": "300ms"}, SUBMIT | {"name": "again"}]}
    process = met(meet, CREATED, users=FlowUser, plan=plan(**ONE_STEP | steps))
    wait_until(lambda: process.api.requests)
    process.say("load", stage=1)
    wait_until(lambda: process.record(BEFORE).carried)
    assert (process.record(BEFORE).carried, process.record(WITHIN).carried) == (-1, 1)


@pytest.mark.parametrize("kind", [JobSubmitter, FlowUser])
@pytest.mark.parametrize(
    ("answer", "quick", "expected"), [(CREATED, 3, 1), (CREATED, 0, 0), (BROKEN, 0, 1)]
)
def test_a_reply_that_comes_after_all_was_due_if_the_stage_left_time_for_one(
    meet: Meet, kind: Any, answer: Answer, quick: int, expected: int
) -> None:
    """Where each takes longer than the stage, the plan is to blame."""
    fields = ONE_STEP if kind is FlowUser else {}
    process = met(meet, script=later(answer, quick), users=kind, plan=plan(**fields))
    go_through(process, quick + 1)
    assert missed(process) == expected


def test_attempts_that_all_fail_are_one_wait(meet: Meet) -> None:
    fields = {"retries": 1, "timeout": "100ms"}
    process = met(meet, Silence(), plan=plan(**fields))
    go_through(process)
    assert missed(process) == 1


def test_who_is_ended_by_force_has_waited_in_vain(meet: Meet) -> None:
    process = met(meet, Silence(), plan=plan(timeout="1m"))
    wait_until(lambda: process.api.requests)
    process.say("load", stage=1)
    process.say("load", stage=2)
    process.agent.finish(0.0)
    assert missed(process) == 1


def test_a_job_whose_polls_go_unanswered_keeps_its_follower(meet: Meet) -> None:
    def script(request: Request) -> Answer:
        return CREATED if request.method == "POST" else Silence()

    process = met(meet, script=script, users=JobFollower, plan=plan())
    go_through(process, 2)
    assert process.record(BEFORE).completion.abandoned == 1
    assert missed(process) == 1


def test_a_pause_of_the_plan_is_not_the_targets_doing(meet: Meet) -> None:
    steps = [SUBMIT, {"pause": f"{LONG_S / 2}s"}, {**SUBMIT, "name": "again"}]
    process = met(meet, CREATED, users=FlowUser, plan=plan(**{**ONE_STEP, "steps": steps}))
    go_through(process)
    assert missed(process) == 0


def test_with_a_rate_arrivals_say_it_themselves(meet: Meet) -> None:
    stages = [{**stage, "rate": 50} for stage in STAGES]
    process = met(meet, Silence(), plan=scenario(stages=stages, retries=0, timeout="600ms"))
    go_through(process)
    assert missed(process) == process.record(WITHIN).offered == pytest.approx(50 * STAGE_S, abs=3)


class _Asks(FastHttpUser):
    @task
    def ask(self) -> None:
        self.client.get("/")


class _Sleeps(User):
    @task
    def sleep(self) -> None:
        self.environment.events.request.fire(
            request_type="GET", name="/", response_time=1, response_length=0, exception=OSError()
        )
        gevent.sleep(LONG_S / 2)


@pytest.mark.parametrize(("kind", "expected"), [(_Asks, 1), (_Sleeps, 0)])
def test_of_somebodys_own_users_a_request_that_lasts_so_long(
    meet: Meet, kind: Any, expected: int
) -> None:
    process, api = meet(script=later(BROKEN), plan=plan())
    process.agent.requests.listen(process.environment)
    kind.host = api.url
    process.add(kind)
    wait_until(lambda: process.record(BEFORE).started)
    gevent.sleep(0.05)
    process.say("load", stage=1)
    gevent.sleep(STAGE_S)
    process.say("load", stage=2)
    wait_until(lambda: process.ended(BEFORE))
    assert missed(process) == expected
