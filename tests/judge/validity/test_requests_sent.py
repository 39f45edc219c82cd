from __future__ import annotations

import pytest
from made_run import Beat, MadeRun, light

from jobload.judge.diagnosis import diagnosis
from jobload.judge.validity.requests_sent import requests_sent
from jobload.judge.validity.validity import validity
from jobload.measure.figures import RunFigures


def played(in_ramp: int, in_hold: int) -> RunFigures:
    made = MadeRun()
    made.play(light(), lambda *_: Beat(ms=[3.0] * 50))
    run = made.end()
    ramp, hold = run.scenarios[0].stages
    ramp.record.without_socket, hold.record.without_socket = in_ramp, in_hold
    return run


@pytest.mark.parametrize("in_ramp", [0, 9])
def test_nothing_is_said_of_stages_that_are_not_judged(in_ramp: int) -> None:
    assert requests_sent(played(in_ramp, 0)) == []


def test_a_single_one_that_could_not_be_sent_leaves_no_verdict() -> None:
    run = played(0, 1)
    (check,) = [each for each in validity(run, ()) if each.id == "requests-sent"]
    hold = run.scenarios[0].stages[1]
    assert check.status == "FAIL"
    assert check.actual == (
        f"light/hold: 1 of {hold.overall.attempts:,} requests found no local port or file"
        " descriptor"
    )
    assert "ulimit -n" in check.advice
    assert "ip_local_port_range" in check.advice


@pytest.mark.parametrize(("percent", "cause"), [(0.5, "target-refuses"), (3.0, "generator-lacks")])
def test_who_lacks_ports_for_more_than_a_few_is_named_first(percent: float, cause: str) -> None:
    made = MadeRun()
    figures = made.play(light(), lambda *_: Beat(ms=[3.0] * 40, failed=10))
    hold = figures.judged_stages[0]
    hold.record.without_socket = round(percent / 100 * hold.overall.attempts)
    assert diagnosis(figures, hold, []).cause == cause
