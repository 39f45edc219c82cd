"""Users of somebody's own: which times are theirs, and which the generator's."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import gevent
import pytest
from locust import FastHttpUser, HttpUser, task

from .played import Played

pytestmark = pytest.mark.timed


def test_with_a_rate_the_response_time_counts_from_the_intended_start(paced: Played) -> None:
    """50 arrivals a second, and each takes 50 ms: the backlog grows, and it shows."""

    class Slow(HttpUser):
        @task
        def look(self) -> None:
            self.client.get("/slow")

    record = paced.play(Slow, until=10)
    looking = record.flows["Slow.look"]
    assert looking.response_time.max_us > 200_000
    assert looking.response_time_lower.max_us > 200_000, "the target kept the user"
    assert looking.service_time.max_us < looking.response_time.max_us
    assert record.steps["GET /slow"].response_time.max_us < 200_000


def busy(seconds: float) -> None:
    """The event loop does nothing meanwhile."""
    until_s = perf_counter() + seconds
    while perf_counter() < until_s:
        pass


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_what_lay_unread_while_the_process_was_busy_is_in_the_upper_figure_alone(
    looped: Played, base: Any
) -> None:
    class Disturbed(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        @task
        def look(self) -> None:
            gevent.spawn(busy, 0.3)
            self.client.get("/a")

    record = looped.play(Disturbed, users=1, until=3)
    for times in (record.steps["GET /a"], record.flows["Disturbed.look"]):
        assert times.response_time.min_us >= 300_000
        assert times.response_time_lower.count == times.succeeded
        assert times.response_time_lower.min_us < 200_000


def test_what_a_task_does_itself_is_the_generators_and_what_it_waits_for_is_not(
    looped: Played,
) -> None:
    class Computing(HttpUser):
        @task
        def look(self) -> None:
            busy(0.3)
            self.client.get("/slow")

    record = looped.play(Computing, users=1, until=3)
    looking, asked = record.flows["Computing.look"], record.steps["GET /slow"]
    assert looking.response_time.min_us >= 350_000
    assert 50_000 <= asked.response_time_lower.min_us <= looking.response_time_lower.max_us
    assert looking.response_time_lower.min_us < 250_000
