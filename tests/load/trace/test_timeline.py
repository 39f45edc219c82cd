"""An operation that is told one by one names the step that it is about."""

import pytest

from jobload.load.trace.timeline import Timeline, noted

QUICK = ("look", 0.1, 0.0, 0.1, "", "")
SLOW = ("order", 1.1, 0.0, 1.0, "", "")


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
