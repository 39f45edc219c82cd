from __future__ import annotations

from jobload.plan.flow.poll import Poll


def test_a_status_that_either_outcome_names_is_no_failure_of_the_request() -> None:
    poll = Poll.model_validate({"until": {"status": [200]}, "fail": {"status": [410]}})
    assert poll.statuses == {200, 410}
