from __future__ import annotations

from typing import Any

from made_result import result_of
from made_run import MadeRun, light, planned

from jobload.report.charts.seconds_charted import rates, steps_of, users
from jobload.report.result.model import Result


def test_a_second_of_which_nobody_told_has_no_number_of_users() -> None:
    run = MadeRun()
    run.play(light(), planned())
    told: Any = result_of(run.end()).model_dump(mode="json", by_alias=True)
    hold = told["scenarios"][0]["stages"][1]
    for of_seconds in hold["seconds"].values():
        del of_seconds[3]
    [scenario] = Result.model_validate(told).scenarios
    [line] = users(steps_of(scenario, 600))
    assert [value for _, value in line.points[6:11]] == [10, 10, None, 10, 10]


def test_the_rate_of_a_second_that_is_only_in_part_of_the_scenario_is_of_that_part() -> None:
    """As the first of a scenario that begins after another: the rest of it was the other's."""
    run = MadeRun()
    run.play(light(), planned())
    told: Any = result_of(run.end()).model_dump(mode="json", by_alias=True)
    _, hold = told["scenarios"][0]["stages"]
    hold |= {"started_s": 5.4, "duration_s": 24.3}
    hold["seconds"]["ended"][0], hold["seconds"]["ended"][-1] = 30, 35
    told["scenarios"][0]["stages"] = [hold]
    [scenario] = Result.model_validate(told).scenarios
    completed = rates(steps_of(scenario, 600))[0].points
    assert [round(value or 0.0, 6) for _, value in completed] == [50] * 25
