"""An operation that is told one by one names the step that it is about: the longest of all its
requests, or the one that failed."""

import pytest

from jobload.load.trace.timeline import Timeline, noted
from jobload.measure.noted_operation import MOST_ATTEMPTS

QUICK = ("look", 0.1, 0.0, 0.1, "", "")
SLOW = ("order", 1.1, 0.0, 1.0, "", "")


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


@pytest.mark.parametrize(
    ("outcome", "failed", "told"),
    [("", None, "order"), ("http-404", "look", "look"), ("exception-KeyError", None, "shop")],
    ids=["the longest of a success", "the one that failed", "none, where none has failed"],
)
def test_the_step_of_a_failure_is_never_one_that_was_good(
    outcome: str, failed: str | None, told: str
) -> None:
    line = Timeline()
    line.add(QUICK)
    line.add(SLOW)
    operation = noted(
        "shop",
        line,
        run_began_s=0.0,
        intended_s=0.0,
        began_s=0.0,
        response_us=1_100_000,
        outcome=outcome,
        step=failed,
    )
    assert operation.step == told
