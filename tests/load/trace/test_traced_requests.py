"""What the target sees of traces, and what is told of the operations that it served.

Each claim is compared with the requests that the server noted.
"""

from __future__ import annotations

import gc
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any, Protocol

import gevent
import pytest
from gevent.pool import Group
from locust import FastHttpUser, HttpUser, User, task
from msgspec import msgpack, structs
from one_process import OneProcess, wait_until
from scripted_api import BROKEN, CREATED, Answer, HangUp, Request, ScriptedApi

from jobload.load.own_users.locust_hooks import hook_into_locust
from jobload.load.users.flow_user import FlowUser
from jobload.load.users.job_follower import JobFollower
from jobload.load.users.job_submitter import JobSubmitter
from jobload.load.users.operation_user import OperationUser
from jobload.measure.bounds import LARGEST_REST_BYTES, Bounds
from jobload.measure.contradictions import contradictions
from jobload.measure.noted_operation import MOST_ATTEMPTS, MOST_NOTED, NotedOperation
from jobload.measure.snapshot import MOST_TRACED
from jobload.plan.scenario import load_scenario

pytestmark = pytest.mark.waits

hook_into_locust()
PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01")
SLOWLY = [{"name": "first", "duration": "1m", "users": 1, "rate": 100}]
STEPS = [
    {"post": "/orders", "json": {"n": 1}, "name": "order"},
    {"get": "/orders/1", "name": "look"},
]


class Seen(Protocol):
    def __call__(
        self,
        user_class: Any = JobSubmitter,
        *,
        share: float = 1.0,
        operations: int = 5,
        script: Callable[[Request], Answer] | None = None,
        **fields: Any,
    ) -> tuple[OneProcess, list[Request]]: ...


@pytest.fixture
def play() -> Iterator[Seen]:
    """Some operations, and the requests that came of them."""
    stack = ExitStack()

    def start(
        user_class: Any = JobSubmitter,
        *,
        share: float = 1.0,
        operations: int = 5,
        script: Callable[[Request], Answer] | None = None,
        **fields: Any,
    ) -> tuple[OneProcess, list[Request]]:
        api = ScriptedApi(script=script or (lambda _: CREATED))
        stack.callback(api.close)
        plan = load_scenario({"name": "light", "shape": "staged", "stages": SLOWLY, **fields})
        process = OneProcess(api.url, plan, trace_share=share)
        stack.callback(process.end)
        process.agent.requests.listen(process.environment)
        if not issubclass(user_class, (JobSubmitter, OperationUser)):
            user_class.host = api.url
        process.say("load")
        process.add(user_class)
        wait_until(lambda: process.ended() >= operations)
        process.agent.finish(2.0)
        assert not [*contradictions(process.record())]
        return process, api.requests

    gc.freeze()  # what is there already: to look through it at the end takes 30 ms
    yield start
    with warnings.catch_warnings():
        # Locust leaves the connections of its users to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        stack.close()
        gc.collect()


def parents(requests: list[Request]) -> list[tuple[str, str]]:
    """(trace, span) of each request."""
    found = [PARENT.fullmatch(request.headers["traceparent"]) for request in requests]
    return [(each[1], each[2]) for each in found if each is not None]


def traced(process: OneProcess) -> list[NotedOperation]:
    return [each.operation for snapshot in process.sent for each in snapshot.traced]


def told_parents(operations: list[NotedOperation]) -> list[tuple[str, str]]:
    return [(each.trace, attempt.span) for each in operations for attempt in each.attempts]


def failing_first(times: int, answer: Answer = BROKEN) -> Callable[[Request], Answer]:
    left = [times]

    def script(_: Request) -> Answer:
        left[0] -= 1
        return answer if left[0] >= 0 else CREATED

    return script


# --- what the target sees -------------------------------------------------------------------


def test_without_a_share_no_request_carries_a_parent(play: Seen) -> None:
    process, requests = play(share=0.0)
    assert not any("traceparent" in request.headers for request in requests)
    assert not traced(process)


def test_each_operation_of_one_request_is_a_trace(play: Seen) -> None:
    process, requests = play()
    assert len({trace for trace, _ in parents(requests)}) == len(requests)
    assert told_parents(traced(process)) == parents(requests)


def test_only_a_share_of_the_operations_is_traced(play: Seen) -> None:
    process, requests = play(share=0.2, operations=60)
    signed = [request for request in requests if "traceparent" in request.headers]
    assert 0 < len(signed) < len(requests) / 2
    assert told_parents(traced(process)) == parents(signed)


def test_each_attempt_is_a_span_of_its_own_in_one_trace(play: Seen) -> None:
    process, requests = play(
        script=failing_first(2), operations=1, retry={"times": 3, "status": [503]}
    )
    first = traced(process)[0]
    assert first.retries == 2
    assert [attempt.outcome for attempt in first.attempts] == ["http-503", "http-503", ""]
    assert told_parents([first]) == parents(requests[:3])
    assert len({span for _, span in parents(requests[:3])}) == 3
    assert {trace for trace, _ in parents(requests[:3])} == {first.trace}


def test_a_retry_after_a_lost_connection_has_the_same_trace(play: Seen) -> None:
    process, requests = play(script=failing_first(1, HangUp()), operations=1, retries=1)
    first = traced(process)[0]
    assert told_parents([first]) == parents(requests[:2])
    assert first.attempts[0].arrived_us is None


def test_all_steps_of_a_flow_are_in_one_trace(play: Seen) -> None:
    process, requests = play(FlowUser, steps=STEPS)
    noted = traced(process)
    assert [each.step for each in noted[0].attempts] == ["order", "look"]
    assert told_parents(noted) == parents(requests[: 2 * len(noted)])
    assert len({trace for trace, _ in parents(requests[:2])}) == 1


def test_repeats_of_a_poll_are_spans_of_the_same_trace(play: Seen) -> None:
    class Waiting(OperationUser):
        def operation(self) -> None:
            asked = count(1)
            self.poll("/job", name="wait", every_s=0.001, until=lambda _: next(asked) == 3)

    process, requests = play(Waiting, operations=1)
    (first, *_) = traced(process)
    assert told_parents([first]) == parents(requests[:3])


def test_requests_of_the_python_class_are_signed(play: Seen) -> None:
    class Own(OperationUser):
        def operation(self) -> None:
            self.get("/a")
            self.get("/b")

    process, requests = play(Own)
    noted = traced(process)
    assert told_parents(noted) == parents(requests[: 2 * len(noted)])


def test_the_polls_of_a_followed_job_are_in_the_trace_of_its_submission(play: Seen) -> None:
    def script(request: Request) -> Answer:
        return CREATED if request.method == "POST" else (200, b'{"status": "succeeded"}')

    process, requests = play(JobFollower, script=script, operations=2, users_mix={"JobFollower": 1})
    posts = {trace for trace, _ in parents([r for r in requests if r.method == "POST"])}
    polls = parents([r for r in requests if r.method == "GET"])
    assert polls
    assert {trace for trace, _ in polls} <= posts
    roots = {each.trace: each.span for each in traced(process)}
    assert all(roots[trace] == span for trace, span in polls if trace in roots)


class WithRequests(HttpUser):
    @task
    def browse(self) -> None:
        self.client.get("/first", name="first")
        with self.client.post("/second", json={}, name="second", catch_response=True) as reply:
            reply.success()


class WithGeventHttp(FastHttpUser):
    @task
    def browse(self) -> None:
        self.client.get("/first", name="first")
        with self.client.post("/second", json={}, name="second", catch_response=True) as reply:
            reply.success()


@pytest.mark.parametrize("user_class", [WithRequests, WithGeventHttp])
def test_clients_of_locust_are_signed_without_touching_their_code(
    play: Seen, user_class: type[User]
) -> None:
    process, requests = play(user_class)
    noted = traced(process)
    assert [each.step for each in noted[0].attempts] == ["GET first", "POST second"]
    assert told_parents(noted) == parents(requests[: 2 * len(noted)])
    assert len({each.trace for each in noted}) == len(noted)


class Spawning(FastHttpUser):
    @task
    def browse(self) -> None:
        group = Group()
        group.spawn(self.client.get, "/a")
        group.spawn(self.client.get, "/b")
        group.join()


def test_what_a_task_spawns_is_in_its_trace(play: Seen) -> None:
    process, requests = play(Spawning, operations=1)
    (first, *_) = traced(process)
    assert sorted(told_parents([first])) == sorted(parents(requests[:2]))


class Tracing(HttpUser):
    @task
    def browse(self) -> None:
        self.client.get("/", headers={"Traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01"})


def test_a_parent_of_their_own_stays(play: Seen) -> None:
    _, requests = play(Tracing, operations=1)
    assert set(parents(requests)) == {("1" * 32, "2" * 16)}


# --- what is told ---------------------------------------------------------------------------


def test_the_slowest_operations_are_told_without_any_trace(play: Seen) -> None:
    numbers = iter(range(10_000))

    def script(_: Request) -> Answer:
        gevent.sleep(0.03 if next(numbers) % 10 == 3 else 0.0)
        return CREATED

    process, _ = play(share=0.0, operations=60, script=script)
    record = process.record()
    slowest = record.noted.slowest
    assert len(slowest) == MOST_NOTED
    assert slowest[0].response_us == record.overall().response_time.max_us
    assert [each.response_us for each in slowest] == sorted(
        (each.response_us for each in slowest), reverse=True
    )
    assert slowest[0].response_us >= 30_000
    assert not slowest[0].trace


def test_a_time_line_adds_up(play: Seen) -> None:
    def script(_: Request) -> Answer:
        gevent.sleep(0.02)
        return CREATED

    process, _ = play(share=0.0, operations=3, script=script)
    slowest = process.record().noted.slowest
    assert len(slowest) >= 3
    for each in slowest:
        (attempt,) = each.attempts
        assert attempt.arrived_us is not None
        assert each.waited_us <= attempt.sent_us < attempt.arrived_us <= attempt.read_us
        assert attempt.arrived_us - attempt.sent_us >= 19_000
        assert attempt.read_us == pytest.approx(each.response_us, abs=2)


def test_pauses_are_in_the_time_line_and_in_no_response_time(play: Seen) -> None:
    steps = [STEPS[0], {"pause": "30ms"}, STEPS[1]]
    process, _ = play(FlowUser, share=0.0, operations=2, steps=steps)
    slowest = process.record().noted.slowest
    assert len(slowest) >= 2
    for each in slowest:
        assert each.paused_us == 30_000
        assert each.attempts[-1].read_us == pytest.approx(each.response_us + 30_000, abs=2)


def test_the_first_operations_that_failed_are_told_in_their_order(play: Seen) -> None:
    process, _ = play(share=0.0, operations=30, script=lambda _: (404, b"no"), retries=0)
    failed = process.record().noted.failed
    assert len(failed) == MOST_NOTED
    assert [each.at_us for each in failed] == sorted(each.at_us for each in failed)
    assert {each.outcome for each in failed} == {"http-404"}
    assert not process.record().noted.slowest


def test_the_step_that_failed_is_named(play: Seen) -> None:
    def script(request: Request) -> Answer:
        return CREATED if request.method == "POST" else (404, b"")

    process, _ = play(FlowUser, share=0.0, operations=1, script=script, steps=STEPS)
    (first, *_) = process.record().noted.failed
    assert (first.step, first.outcome) == ("look", "http-404")
    assert [attempt.outcome for attempt in first.attempts] == ["", "http-404"]


def test_of_a_long_poll_the_first_and_the_last_requests_are_told(play: Seen) -> None:
    polls = 3 * MOST_ATTEMPTS

    class Patient(OperationUser):
        def operation(self) -> None:
            asked = count(1)
            self.poll("/job", name="wait", every_s=0.0001, until=lambda _: next(asked) == polls)

    process, _ = play(Patient, share=0.0, operations=1)
    (slowest, *_) = process.record().noted.slowest
    assert len(slowest.attempts) == MOST_ATTEMPTS
    assert len(slowest.attempts) + slowest.unlisted == polls
    assert slowest.attempts[-1].read_us == pytest.approx(slowest.response_us, abs=2)


def test_what_a_process_tells_is_believed(play: Seen) -> None:
    process, _ = play(FlowUser, operations=5, steps=STEPS)
    assert process.sent
    for snapshot in process.sent:
        assert Bounds().admit(snapshot, {}, 60.0) is not None


def test_traced_operations_that_are_too_many_are_counted(play: Seen) -> None:
    """A report has room for so many; the next one begins anew."""
    process, _ = play(operations=1)
    notes, record = process.agent.notes, process.record()
    operation = record.noted.slowest[0]
    notes.take_traced()
    for _ in range(3 * MOST_TRACED):
        notes.failed(record, operation)
    told, untold = notes.take_traced()
    assert len(told) + untold == 3 * MOST_TRACED
    long = structs.replace(operation, attempts=(operation.attempts[0],) * MOST_ATTEMPTS)
    for _ in range(MOST_TRACED):
        notes.failed(record, structs.replace(long, step="\u4e16" * 1000))
    told, _ = notes.take_traced()
    assert told
    assert len(msgpack.encode(told)) < LARGEST_REST_BYTES / 2
