"""The course of a user begins when it comes: nothing that came due before is its delay."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from locust import FastHttpUser, task
from one_process import scenario, wait_until
from scripted_api import CREATED, Answer, Request, Silence

from jobload.load.own_users.locust_hooks import hook_into_locust
from jobload.load.users.job_submitter import JobSubmitter
from jobload.load.users.user_course import UserCourse

from .conftest import Meet

hook_into_locust()
WAITED_S = 0.3


class _Asks(FastHttpUser):
    @task
    def ask(self) -> None:
        self.client.get("/")


@pytest.mark.parametrize("kind", [JobSubmitter, _Asks])
def test_what_waited_for_users_that_the_target_kept_is_not_excused_by_one_that_comes_later(
    meet: Meet, kind: Any
) -> None:
    def script(request: Request) -> Answer:
        return Silence()

    process, api = meet(script=script, plan=scenario(retries=0))
    process.agent.requests.listen(process.environment)
    kind.host = api.url
    process.add(kind)
    wait_until(lambda: api.requests)
    gevent.sleep(WAITED_S)
    process.add(kind)
    wait_until(lambda: len(api.requests) == 2)
    first, second = sorted(process.agent.users, key=lambda user: user.began_s)
    assert second.behind_s < first.behind_s + WAITED_S / 3


def test_its_wait_is_in_the_lower_figure_too(meet: Meet) -> None:
    process, api = meet(Silence(), CREATED, plan=scenario(retries=0))
    process.add()
    wait_until(lambda: api.requests)
    gevent.sleep(WAITED_S)
    process.add()
    wait_until(lambda: process.succeeded() >= 5)
    process.run.flush()
    times = process.endpoint()
    assert times.response_time_lower.max_us >= WAITED_S / 2 * 1e6


@pytest.mark.parametrize(
    ("kept_since_s", "stood_still_s", "free_s"),
    [(2.0, 0.0, 5.0), (3.5, 0.0, 4.5), (5.0, 0.0, 3.0), (None, 0.0, 3.0), (2.0, 0.5, 4.5)],
)
def test_where_nobody_was_kept_or_the_process_stood_still_the_generator_came_late(
    kept_since_s: float | None, stood_still_s: float, free_s: float
) -> None:
    course = UserCourse()
    agent: Any = SimpleNamespace(users=SimpleNamespace(kept_since_s=kept_since_s))
    course.agent = agent
    course.free_s = 5.0
    course.take_first(3.0, stood_still_s)
    assert course.free_s == free_s
