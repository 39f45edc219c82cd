"""A reply that says: not now. It fails unless the scenario says otherwise, and tells how to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import pytest
from one_process import scenario, wait_until
from scripted_api import Answer, Request

from jobload.load.users.flow_user import FlowUser
from jobload.load.users.job_follower import JobFollower
from jobload.load.users.operation_user import OperationUser

from .conftest import Meet, one_operation

pytestmark = pytest.mark.waits

SUBMIT = {"name": "submit", "post": "/jobs", "json": {}, "capture": {"job": "$.id"}}
POLL = {"until": {"$.status": "done"}, "every": "10ms", "timeout": "5s"}
WAIT: dict[str, Any] = {"name": "wait", "get": "/jobs/{{ job }}", "poll": POLL}
DONE: Answer = (200, b'{"status": "done"}')
NOT_YET: Answer = (404, b'{"error": "no such job"}')


class LateJobs:
    """Answers like `not_yet` to the first polls of each job, then that it is done."""

    def __init__(self, not_yet: Answer, times: int = 3) -> None:
        self.not_yet = not_yet
        self.times = times
        self.polls: list[float] = []
        self._left = times

    def __call__(self, request: Request) -> Answer:
        if request.method == "POST":
            self._left = self.times
            return 201, b'{"id": 7}'
        self.polls.append(perf_counter())
        self._left -= 1
        return self.not_yet if self._left >= 0 else DONE


def waits(
    meet: Meet, api: Callable[[Request], Answer], step: Mapping[str, Any] = {}, **fields: Any
) -> Any:
    """One operation, done."""
    plan = scenario(steps=[SUBMIT, {**WAIT, **step}], payload_bytes=1024, **fields)
    process, _ = meet(plan=plan, script=api)
    process.add(FlowUser)
    one_operation(process)
    return process


@pytest.mark.parametrize("status", [404, 409, 429])
def test_a_poll_that_is_told_not_now_fails_at_once_and_says_how_to_ask_on(
    meet: Meet, status: int
) -> None:
    api = LateJobs((status, b"no such job"))
    process = waits(meet, api)
    failed = process.record().started
    assert process.record().overall().errors.counts == {f"wait: http-{status}": failed}
    told = f"this ends a poll; to ask on, expect: {{status: [200-399, {status}]}}: no such job"
    assert process.step("wait").errors.examples == {f"http-{status}": told}
    assert len(api.polls) == failed


def test_what_it_says_to_do_makes_the_poll_ask_on(meet: Meet) -> None:
    api = LateJobs(NOT_YET)
    process = waits(meet, api, {"expect": {"status": ["200-399", 404]}})
    assert process.record().overall().succeeded == 1
    assert (process.step("wait").repeats, len(api.polls)) == (3, 4)


def test_a_page_that_is_no_json_does_not_end_a_poll_for_what_is_gone(meet: Meet) -> None:
    poll = {**POLL, "until": {"$.pending": {"exists": False}}}
    api = LateJobs((200, b"<h1>down for maintenance</h1>"))
    process = waits(meet, api, {"poll": poll})
    assert process.record().overall().succeeded == 1
    assert len(api.polls) == 4


@pytest.mark.parametrize("until", [{}, {"status": [200, 204]}])
def test_a_204_ends_a_poll_for_what_is_gone(meet: Meet, until: dict[str, Any]) -> None:
    poll = {**POLL, "until": {**until, "$.pending": {"exists": False}}}
    api = LateJobs((200, b'{"pending": 1}'))

    def script(request: Request) -> Answer:
        answer = api(request)
        return (204, b"") if answer == DONE else answer

    process = waits(meet, script, {"poll": poll})
    assert process.record().overall().succeeded == 1
    assert len(api.polls) == 4


def test_no_way_on_is_told_where_to_ask_again_would_not_help(meet: Meet) -> None:
    process = waits(meet, LateJobs((403, b"not yours")))
    assert process.step("wait").errors.examples == {"http-403": "not yours"}


@pytest.mark.parametrize(
    "how", [{"expect": {"status": [200, 429]}}, {}], ids=["named by the step", "retried"]
)
def test_a_server_that_says_when_is_asked_no_sooner(meet: Meet, how: dict[str, Any]) -> None:
    api = LateJobs((429, b"", {"Retry-After": "1"}), times=1)
    retry = {} if how else {"retry": {"status": [429], "after": "server"}}
    process = waits(meet, api, how, **retry)
    assert process.record().overall().succeeded == 1
    before_s, after_s = api.polls
    assert after_s - before_s >= 1
    assert (process.step("wait").repeats, process.step("wait").retries) == (
        (1, 0) if how else (0, 1)
    )


def test_each_ask_of_a_poll_has_the_retries_of_its_scenario(meet: Meet) -> None:
    answers = [(404, b""), (404, b""), (200, b'{"status": "at it"}'), (404, b""), (404, b"")]
    done: Answer = (200, b'{"status": "done"}')

    def script(request: Request) -> Answer:
        if request.method == "POST":
            return 201, b'{"id": 7}'
        return answers.pop(0) if answers else done

    retry = {"times": 2, "status": [404]}
    plan = scenario(steps=[SUBMIT, WAIT], payload_bytes=1024, retry=retry)
    process, _ = meet(plan=plan, script=script)
    process.add(FlowUser)
    one_operation(process)
    assert process.record().overall().succeeded == 1
    assert (process.step("wait").retries, process.step("wait").repeats) == (4, 1)


def test_a_wait_that_is_longer_than_the_poll_is_told(meet: Meet) -> None:
    api = LateJobs((503, b"{}", {"Retry-After": "3600"}))
    process = waits(
        meet, api, {"expect": {"status": [200, 503]}, "poll": {**POLL, "timeout": "100ms"}}
    )
    (told,) = process.step("wait").errors.examples.values()
    assert told == (
        'after 0.1 s $.status is not there, expected "done" (HTTP 503); Retry-After is 3600 s'
    )
    assert len(api.polls) == 1


@pytest.mark.parametrize("has_steps", [True, False], ids=["a flow", "one request"])
def test_a_wait_that_is_longer_than_the_timeout_is_told(meet: Meet, has_steps: bool) -> None:
    answer: Answer = (429, b"slow down", {"Retry-After": "60"})
    steps: dict[str, Any] = {"steps": [{"get": "/a"}], "payload_bytes": 1024} if has_steps else {}
    retry = {"status": [429], "after": "server"}
    process, api = meet(answer, plan=scenario(timeout="2s", retry=retry, **steps))
    process.add(*([FlowUser] if has_steps else []))
    one_operation(process)
    record = process.step("GET /a") if has_steps else process.endpoint()
    assert record.errors.examples == {
        "http-429": "not tried again: Retry-After is 60 s, and the scenario's timeout 2s: slow down"
    }
    assert len(api.requests) == record.started


class Follow(OperationUser):
    statuses: frozenset[int] | None = None

    def operation(self) -> None:
        self.poll(
            "/jobs/7",
            name="wait",
            until=lambda reply: reply.status == 200,
            every_s=0.01,
            statuses=self.statuses,
        )


class FollowOn(Follow):
    statuses = frozenset({200, 404})


def test_a_poll_in_python_says_so_too(meet: Meet) -> None:
    process, _ = meet(plan=scenario(users_mix={"Follow": 1}), script=LateJobs(NOT_YET))
    process.add(Follow)
    one_operation(process)
    (told,) = process.step("wait").errors.examples.values()
    way_on = "this ends a poll; to ask on, give it statuses= with 404 among them: "
    assert told == way_on + '{"error": "no such job"}'


def test_a_poll_in_python_asks_on_where_its_statuses_say_so(meet: Meet) -> None:
    process, api = meet(plan=scenario(users_mix={"FollowOn": 1}), script=LateJobs(NOT_YET))
    process.add(FollowOn)
    one_operation(process)
    assert process.record().overall().succeeded == 1
    assert len(api.requests) == 4


def test_a_follower_waits_as_long_as_a_refusal_asks(meet: Meet) -> None:
    api = LateJobs((503, b"", {"Retry-After": "1"}), times=1)
    process, _ = meet(plan=scenario(users_mix={"JobFollower": 1}), script=api)
    process.add(JobFollower)
    one_operation(process)
    wait_until(lambda: process.record().completion.succeeded == 1)
    assert api.polls[1] - api.polls[0] >= 1


def test_a_follower_that_is_told_to_wait_longer_than_it_may_says_so(meet: Meet) -> None:
    api = LateJobs((200, b'{"status": "running"}', {"Retry-After": "3600"}), times=9)
    plan = scenario(users_mix={"JobFollower": 1}, completion_timeout="100ms")
    process, _ = meet(plan=plan, script=api)
    process.add(JobFollower)
    one_operation(process)
    wait_until(lambda: process.record().completion.abandoned)
    (told,) = process.record().completion.reasons.examples.values()
    assert told.endswith(": running; Retry-After is 3600 s")
