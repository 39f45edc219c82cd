from __future__ import annotations

import pytest
from made_result import result_of
from made_run import Beat, MadeRun, light, planned

from jobload.judge.status import RunStatus
from jobload.report.text.reason import verdict_reason


@pytest.mark.parametrize(
    ("beat", "status", "reason"),
    [
        (Beat(ms=[10.0] * 40, failed=10), "FAIL", "light (repetition 2): error_rate 20 %"),
        (Beat(ms=[10.0] * 30), "INVALID", "light (repetition 2)/hold: 750 arrivals offered"),
    ],
)
def test_the_reason_names_the_repetition_that_it_is_of(
    beat: Beat, status: RunStatus, reason: str
) -> None:
    run = MadeRun()
    run.play(light(), planned())
    run.play(light(), lambda *_: beat).repetition = 2
    result = result_of(run.end())
    assert result.status == status
    assert verdict_reason(result).startswith(reason)
