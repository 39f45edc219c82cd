"""junit.xml: a scenario is a suite, a check a case; FAIL is a failure, what is INVALID an error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from jobload.report.result import model
from jobload.report.text.answer_text import answer_lines
from jobload.report.text.diagnosis_text import diagnosis_lines

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(result: model.Result) -> str:
    judged = result.status != "PROFILED"
    root = Xml.Element("testsuites", name=f"jobload {result.run_id}", time=f"{result.duration_s}")
    rules = [_validity(check, judged) for check in result.validity]
    root.append(_suite("validity", result.duration_s, rules))
    for scenario in result.scenarios:
        seconds = sum(stage.duration_s for stage in scenario.stages)
        cases = [_measurement(scenario, result.validity if judged else [])]
        cases += [_check(scenario, check) for check in scenario.checks]
        if scenario.audit is not None:
            cases.append(_audit(scenario, scenario.audit, judged))
        root.append(_suite(_name(scenario), seconds, cases))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _name(scenario: model.Scenario) -> str:
    """Of each repetition one of its own: a case is known by it, and by nothing around it."""
    again = f" #{scenario.repetition}" if scenario.repetition > 1 else ""
    return scenario.name + again


def _suite(name: str, seconds: float, cases: Sequence[Xml.Element]) -> Xml.Element:
    suite = Xml.Element("testsuite", name=_legal(name), time=f"{seconds:.3f}")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("errors", str(sum(case.find("error") is not None for case in cases)))
    suite.extend(cases)
    return suite


def _case(suite: str, name: str) -> Xml.Element:
    return Xml.Element("testcase", classname=_legal(f"jobload.{suite}"), name=_legal(name))


def _validity(check: model.Validity, judged: bool) -> Xml.Element:
    """What a profile does not need is no error of its job."""
    case = _case("validity", check.id)
    text = f"{check.actual}\nexpected: {check.expect}\n{check.advice}"
    if check.status == "FAIL" and judged:
        _add(case, "error", check.actual, text)
    elif check.status != "PASS":
        _add(case, "system-out", None, f"warning: {text}")
    return case


def _check(scenario: model.Scenario, check: model.Check) -> Xml.Element:
    case = _case(_name(scenario), check.id)
    message = f"{check.metric} {check.actual}, expected {check.expect}"
    text = "\n".join(part for part in (message, check.detail) if part)
    if check.status == "FAIL":
        _add(case, "failure", message, text)
    elif check.status == "INSUFFICIENT" and check.level == "fail":
        _add(case, "error", f"undecided: {check.detail}", text)
    else:
        _add(case, "system-out", None, f"{check.status}: {text}")
    return case


def _audit(scenario: model.Scenario, audit: model.Audit, judged: bool) -> Xml.Element:
    case = _case(_name(scenario), "audit")
    if audit.status == "FAIL" and judged:
        _add(case, "failure", f"{audit.lost} lost, {audit.duplicated} duplicated", audit.text)
    elif audit.status == "INSUFFICIENT" and judged:
        _add(case, "error", f"could not be made: {audit.problem}", audit.text)
    else:
        _add(case, "system-out", None, f"{audit.status}: {audit.text}")
    return case


def _measurement(scenario: model.Scenario, validity: Sequence[model.Validity]) -> Xml.Element:
    """Whether the figures of the scenario can be trusted, and what else they tell."""
    case = _case(_name(scenario), "measurement")
    broken = [check for check in validity if check.status == "FAIL" and _concerns(check, scenario)]
    if broken:
        _add(case, "error", broken[0].actual, "\n".join(f"{c.id}: {c.actual}" for c in broken))
    told = [scenario.ended_early] if scenario.ended_early else []
    told += [scenario.breaking_point.text] if scenario.breaking_point is not None else []
    told += answer_lines(scenario)
    for sentence, advice in diagnosis_lines(scenario):
        told.append(f"diagnosis: {sentence}. {advice}".rstrip())
    _add(case, "system-out", None, "\n".join(told))
    return case


def _concerns(check: model.Validity, scenario: model.Scenario) -> bool:
    return check.scenarios is None or scenario.position in check.scenarios


def _add(case: Xml.Element, kind: str, message: str | None, text: str) -> None:
    child = Xml.SubElement(case, kind)
    if message is not None:
        child.set("message", _legal(message))
    child.text = _legal(text)


def _legal(text: str) -> str:
    """Without the characters that XML can't hold, which error texts may have."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
