from __future__ import annotations

from xml.etree import ElementTree as Xml

from made_result import THRESHOLDS, full_result, full_run, result_of
from made_run import Beat, MadeRun, light, planned, steady

from jobload.measure.ledger import Audit
from jobload.report.files.junit import junit_xml
from jobload.report.result.model import Result


def suites(result: Result) -> dict[str, Xml.Element]:
    root = Xml.fromstring(junit_xml(result))
    return {suite.get("name", ""): suite for suite in root}


def case(suite: Xml.Element, name: str) -> Xml.Element:
    return next(case for case in suite if case.get("name") == name)


def test_a_scenario_is_a_suite_and_a_check_a_case() -> None:
    found = suites(full_result())
    assert [*found] == ["validity", "light", "spike", "stress", "endurance"]
    assert [c.get("name") for c in found["light"]] == [
        "measurement",
        "light/hold/throughput",
        "light/error_rate",
        "light/p99",
        "light/p99.9-warn",
        "light/missed",
    ]
    assert found["light"].get("time") == "30.000"


def test_a_breach_is_a_failure() -> None:
    spike = suites(full_result())["spike"]
    failure = case(spike, "spike/error_rate").find("failure")
    assert failure is not None
    assert failure.get("message") == "error_rate 28.6 %, expected <= 20%"
    assert (spike.get("failures"), spike.get("errors"), spike.get("tests")) == ("1", "0", "5")


def test_the_counts_of_the_whole_are_those_of_its_suites() -> None:
    root = Xml.fromstring(junit_xml(full_result()))
    cases = [*root.iter("testcase")]
    assert root.get("tests") == str(len(cases)) == "27"
    assert (root.get("failures"), root.get("errors")) == ("1", "0")


def test_an_undecided_check_is_an_error_unless_it_only_warns() -> None:
    text = THRESHOLDS.replace("metric: p99,", "metric: p99.99,")
    found = suites(result_of(full_run(), text))["light"]
    error = case(found, "light/p99.99").find("error")
    assert error is not None
    assert "1,250 samples" in error.get("message", "")
    assert case(found, "light/p99.9-warn").find("error") is None


def test_what_makes_a_run_invalid_is_an_error_of_the_scenarios_it_concerns() -> None:
    run = MadeRun()
    run.play(light(), planned())
    run.play(light(name="other"), planned())
    figures = run.end()
    figures.scenarios[1].stages[1].record.offered += 100
    found = suites(result_of(figures))
    assert case(found["validity"], "schedule-kept").find("error") is not None
    assert case(found["other"], "measurement").find("error") is not None
    assert case(found["light"], "measurement").find("error") is None


def test_a_profile_that_breaks_a_rule_it_does_not_need_fails_no_job() -> None:
    run = MadeRun(profile_only=True)
    run.play(light(), steady(rps=40))
    figures = run.end()
    figures.scenarios[0].audit = Audit(acknowledged=1200, stored=1199, lost=1)
    result = result_of(figures)
    root = Xml.fromstring(junit_xml(result))
    assert (result.status, root.get("failures"), root.get("errors")) == ("PROFILED", "0", "0")
    told = case(suites(result)["validity"], "schedule-kept").findtext("system-out") or ""
    assert told.startswith("warning: light/hold: ")


def test_a_scenario_without_checks_is_a_suite_with_its_measurement() -> None:
    stress = suites(full_result())["stress"]
    told = case(stress, "measurement").findtext("system-out") or ""
    assert "breaking point reached at concurrency 150" in told


def test_characters_that_xml_can_not_hold_do_no_harm() -> None:
    run = MadeRun(end_reason="crashed", end_detail="\x00\x1b[31m <&> \ufffe ünï")
    run.play(light(), lambda stage, second: Beat(failed=1))
    found = suites(result_of(run.end()))
    error = case(found["validity"], "completed").find("error")
    assert error is not None
    assert error.get("message") == "crashed: \ufffd\ufffd[31m <&> \ufffd ünï"


def test_the_cases_of_each_repetition_are_others() -> None:
    """GitLab knows a case by its class and name: it showed the second and hid the first."""
    run = MadeRun()
    for repetition in (1, 2):
        run.play(light(), planned()).repetition = repetition
    cases = Xml.fromstring(junit_xml(result_of(run.end()))).iter("testcase")
    known_by = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(set(known_by)) == len(known_by)
