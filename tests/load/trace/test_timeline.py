"""Of an operation with very many requests, the step that took longest is named all the same."""

import pytest

from jobload.load.trace.timeline import Timeline
from jobload.measure.noted_operation import MOST_ATTEMPTS


def longest(*steps: tuple[str, float, int]) -> str | None:
    """Each with how long a request of it takes, and how many it has, one after the other."""
    timeline, now_s = Timeline(), 0.0
    for step, lasts_s, times in steps:
        for _ in range(times):
            now_s += lasts_s
            timeline.add((step, now_s, 0.0, lasts_s, "", ""))
    assert len(timeline.attempts) <= MOST_ATTEMPTS
    return timeline.longest_step


@pytest.mark.parametrize("polls", [1, 18, 19, 20, 30, 100])
def test_a_step_behind_many_requests_may_be_the_longest(polls: int) -> None:
    assert longest(("wait", 0.001, polls), ("download", 0.8, 1), ("gone", 0.001, 1)) == "download"


@pytest.mark.parametrize("polls", [3, 19, 100])
def test_a_poll_takes_from_its_first_request_to_its_last(polls: int) -> None:
    asked = ("wait", 3 / polls, polls)
    assert longest(("make", 1.0, 1), asked, ("gone", 0.001, 1)) == "wait"


def test_an_operation_that_sent_nothing_has_none() -> None:
    assert Timeline().longest_step is None
