"""Each report tells of the audit, and of followed jobs where there are any."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree as Xml

import pytest
from made_result import result_of, result_validator
from made_run import MadeRun, light, planned

from jobload.measure.figures import RunFigures
from jobload.measure.ledger import Audit
from jobload.report.files.html_page import report_html
from jobload.report.files.junit import junit_xml
from jobload.report.files.markdown import summary_markdown
from jobload.report.files.write import to_json
from jobload.report.result.model import Result
from jobload.report.terminal.console_summary import render

CLEAN = Audit(acknowledged=1375, stored=1376, indeterminate=2)
LOST = Audit(
    acknowledged=1375, stored=1373, lost=2, duplicated=1, examples=("lost 3-7", "lost 4-1")
)
NOT_MADE = Audit(problem="the target has no audit endpoint")
CLEAN_TEXT = "1,375 acknowledged, 1,376 stored, 0 lost, 0 duplicated, 2 indeterminate"
LOST_TEXT = (
    "1,375 acknowledged, 1,373 stored, 2 lost, 1 duplicated, 0 indeterminate (lost 3-7, lost 4-1)"
)


def run_with(found: Audit | None, *, asked_for: bool | None = None) -> RunFigures:
    """In hold 10 of 12 followed jobs succeeded, in 1, 2, … 10 s; one failed, one was abandoned."""
    run = MadeRun()
    run.play(light(audit=asked_for, users_mix={"JobFollower": 1}), planned()).audit = found
    jobs = run.scenarios[0].stages[1].record.completion
    jobs.followed, jobs.succeeded, jobs.failed, jobs.polls = 12, 10, 1, 99
    jobs.abandon("poll-http-404", "GET /jobs/7: gone")
    for second in range(1, 11):
        jobs.time.record(second * 1_000_000)
    return run.end()


def result_with(found: Audit | None, *, asked_for: bool | None = None) -> Result:
    return result_of(run_with(found, asked_for=asked_for))


def flat(text: str) -> str:
    return " ".join(text.split())


def html_of(found: Audit | None) -> str:
    run = run_with(found)
    return flat(unescape(re.sub(r"<[^>]*>", " ", report_html(result_of(run)))))


# --- result.json ----------------------------------------------------------------------------


@pytest.mark.parametrize("found", [CLEAN, LOST, NOT_MADE, None])
def test_the_result_fits_its_schema_and_is_read_back(found: Audit | None) -> None:
    result = result_with(found)
    result_validator().validate(result.model_dump(mode="json", by_alias=True))
    assert Result.model_validate_json(to_json(result)) == result


def test_the_result_has_every_figure_of_the_audit() -> None:
    (scenario,) = result_with(LOST).scenarios
    assert scenario.audit is not None
    assert scenario.audit.model_dump() == {
        "status": "FAIL",
        "acknowledged": 1375,
        "stored": 1373,
        "lost": 2,
        "duplicated": 1,
        "indeterminate": 0,
        "examples": ["lost 3-7", "lost 4-1"],
        "problem": None,
        "text": LOST_TEXT,
    }


def test_the_result_has_the_completion_of_stages_that_followed_a_job() -> None:
    ramp_up, hold = result_with(None).scenarios[0].stages
    assert ramp_up.completion is None
    assert hold.completion is not None
    assert hold.completion.model_dump() == {
        "followed": 12,
        "succeeded": 10,
        "failed": 1,
        "abandoned": 1,
        "polls": 99,
        "time_ms": {
            "min": 1000.0,
            "mean": 5500.0,
            "p50": pytest.approx(5000, rel=1e-3),
            "p95": 10_000.0,
            "p99": 10_000.0,
            "p99_9": 10_000.0,
            "max": 10_000.0,
        },
        "reasons": [{"kind": "poll-http-404", "count": 1, "example": "GET /jobs/7: gone"}],
    }


def test_a_result_from_before_there_were_audits_can_be_read() -> None:
    data = result_with(None).model_dump(mode="json", by_alias=True)
    del data["scenarios"][0]["audit"]
    for stage in data["scenarios"][0]["stages"]:
        del stage["completion"]
    assert Result.model_validate(data).scenarios[0].audit is None


# --- for people -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "status", "text"),
    [
        (CLEAN, "PASS", CLEAN_TEXT),
        (LOST, "FAIL", LOST_TEXT),
        (NOT_MADE, "WARN", "could not be made: the target has no audit endpoint"),
    ],
    ids=["clean", "lost", "not made"],
)
def test_every_report_has_a_line_of_the_audit(found: Audit, status: str, text: str) -> None:
    assert f"{status} audit: {text}" in flat(render(result_with(found)))
    assert f"{status} Audit: {text}" in html_of(found)
    assert text in summary_markdown(result_with(found)).replace("\\", "")


def test_without_an_audit_and_followed_jobs_no_report_speaks_of_them() -> None:
    run = MadeRun()
    run.play(light(), planned())
    figures = run.end()
    result = result_of(figures)
    for text in (render(result), summary_markdown(result), report_html(result)):
        assert "audit" not in re.sub(r"<style>.*</style>", "", text.lower(), flags=re.DOTALL)
        assert "jobs followed" not in text.lower()
        assert "followed jobs" not in text.lower()


def test_the_verdict_names_what_was_lost() -> None:
    assert (
        render(result_with(LOST))
        .splitlines()[-1]
        .startswith("Verdict: FAIL (exit 1) light: audit 1,375 acknowledged, 1,373 stored, 2 lost")
    )


def test_the_verdict_names_an_audit_that_was_asked_for_and_not_made() -> None:
    last = render(result_with(NOT_MADE, asked_for=True)).splitlines()[-1]
    assert last.startswith("Verdict: INVALID (exit 3) light: audit could not be made: the target")


def test_every_line_of_the_console_fits_into_80_columns() -> None:
    lines = render(result_with(LOST)).splitlines()
    assert max(map(len, lines)) <= 80


def test_the_console_has_a_table_of_followed_jobs() -> None:
    text = flat(render(result_with(None)))
    assert "jobs followed jobs succeeded failed abandoned p50" in text
    assert re.search(r"hold 12 10 1 1 500\d 10000 10000 10000", text)


def test_the_summary_has_a_table_of_followed_jobs() -> None:
    row = "| hold | 12 | 10 | 1 | 1 | 5,001.2 | 10,000.0 | 10,000.0 |"
    found = next(
        line for line in summary_markdown(result_with(None)).splitlines() if "| 12 |" in line
    )
    assert found.split("|")[1:6] == row.split("|")[1:6]


def test_the_page_has_a_table_of_followed_jobs() -> None:
    assert re.search(
        r"Followed jobs .* hold 12 10 1 1 99 5,00\d 10,000 10,000 10,000", html_of(None)
    )


def test_console_summary_and_page_tell_why_jobs_were_abandoned() -> None:
    line = "jobs abandoned: 1 × poll-http-404: GET /jobs/7: gone"
    assert line in flat(render(result_with(None)))
    assert line in flat(summary_markdown(result_with(None)))
    assert line in html_of(None)


# --- junit.xml ------------------------------------------------------------------------------


def audit_case(result: Result) -> Xml.Element:
    root = Xml.fromstring(junit_xml(result))
    return next(case for case in root.iter("testcase") if case.get("name") == "audit")


def test_in_junit_the_audit_is_a_case_of_its_scenario() -> None:
    case = audit_case(result_with(CLEAN))
    assert case.get("classname") == "jobload.light"
    assert [child.tag for child in case] == ["system-out"]


def test_in_junit_lost_operations_are_a_failure() -> None:
    failure = audit_case(result_with(LOST)).find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("2 lost, 1 duplicated", LOST_TEXT)


@pytest.mark.parametrize(("asked_for", "tag"), [(None, "system-out"), (True, "error")])
def test_in_junit_an_audit_that_was_not_made_is_an_error_only_when_it_was_asked_for(
    asked_for: bool | None, tag: str
) -> None:
    case = audit_case(result_with(NOT_MADE, asked_for=asked_for))
    assert [child.tag for child in case] == [tag]
