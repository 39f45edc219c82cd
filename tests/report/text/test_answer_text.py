from __future__ import annotations

import pytest
from made_result import result_of
from made_run import MadeRun, endurance, planned, spike

from jobload.plan.scenario import Scenario, load_scenario
from jobload.report.files.html_page import report_html
from jobload.report.files.junit import junit_xml
from jobload.report.files.markdown import summary_markdown
from jobload.report.result.model import Result
from jobload.report.terminal.console_summary import render

SHORT_SPIKE = load_scenario(
    {"name": "spike", "shape": "spike", "users": 50, "rate": 200.0, "duration": "30s"}
    | {"baseline": {"users": 10, "rate": 40.0, "duration": "5s"}, "ramp_up": "2s"}
    | {"recovery": "1s"}
)


def reports(result: Result) -> list[str]:
    every = (render, summary_markdown, junit_xml, report_html)
    return [" ".join(report(result).split()) for report in every]


def played(scenario: Scenario, check: str = "") -> Result:
    run = MadeRun()
    run.play(scenario, planned())
    return result_of(run.end(), f"scenarios: {{{scenario.name}: [{check}]}}")


@pytest.mark.parametrize(
    ("scenario", "sentence"),
    [
        (SHORT_SPIKE, "ecovery: not known, too few samples in the baseline or recovery stage: "),
        (endurance("20s"), "rift: not known, too few samples to see a trend: give the stage more"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_an_answer_that_is_not_known_says_why_in_each_report(
    scenario: Scenario, sentence: str
) -> None:
    for report in reports(played(scenario)):
        assert sentence in report


def test_why_a_check_of_an_answer_is_undecided_is_told_in_each_report() -> None:
    """A recovery that is not over in a stage of 8 s says nothing of a limit of 9 s."""
    run = MadeRun()
    slow = planned(40.0)
    run.play(
        spike(), {s.name: slow if s.name == "recovery" else planned() for s in spike().stages()}
    )
    check = "{metric: recovery_time, expect: <= 9s}"
    result = result_of(run.end(), f"scenarios: {{spike: [{check}]}}")
    assert result.status == "INVALID"
    for report in reports(result):
        assert "in 8 s; the stage is shorter than the limit" in report


def test_what_an_answer_says_is_not_said_of_its_check_again() -> None:
    check = "{metric: recovery_time, expect: <= 5s}"
    result = played(spike(), check)
    for report in (render(result), summary_markdown(result), report_html(result)):
        assert report.count("back within the baseline") == 1


def test_a_scenario_that_asks_nothing_has_no_answer() -> None:
    run = MadeRun()
    run.play(spike(), planned(), only=["baseline"])
    assert "recovery:" not in render(result_of(run.end()))
