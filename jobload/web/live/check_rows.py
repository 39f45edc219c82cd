"""The table of checks: the verdict first, then what it is made of."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.live.check_watch import CheckWatch
from jobload.live.live_checks import LiveCheck, headroom_percent
from jobload.live.live_run import LiveRun
from jobload.report.result.model import Check, Result
from jobload.report.text.reason import check_name, reasons_of

CHECK_COLUMNS = {
    "scenario": "Scenario",
    "check": "Check",
    "state": "State",
    "actual": "Actual",
    "expected": "Expected",
    "headroom": "Headroom",
    "since": "Since",
    "detail": "Detail",
}


def check_rows(run: LiveRun, watch: CheckWatch) -> list[dict[str, str]]:
    if run.result is not None:
        return list(_after(run, run.result, watch))
    verdict = _row(check="Verdict", state="running", detail=f"run {run.id}")
    return [verdict, *(_live(run, check, watch) for check in watch.checks)]


def _row(**cells: str) -> dict[str, str]:
    return dict.fromkeys(CHECK_COLUMNS, "") | cells


def _live(run: LiveRun, check: LiveCheck, watch: CheckWatch) -> dict[str, str]:
    since_s = watch.since_s(check.key, check.status)
    return _row(
        scenario=run.setup.scenarios[check.position].name,
        check=check_name(check.spec),
        expected=check.spec.expect,
        actual=check.actual,
        headroom=_percent(check.headroom_percent),
        state=check.status,
        since="" if since_s is None else _moment(since_s),
        detail=check.detail,
    )


def _after(run: LiveRun, result: Result, watch: CheckWatch) -> Iterator[dict[str, str]]:
    detail = "; ".join([f"run {run.id}", *reasons(result)])
    yield _row(check="Verdict", state=result.status, detail=detail)
    for check in result.validity:
        if check.status == "FAIL":
            yield _row(
                check=check.id,
                expected=check.expect,
                actual=check.actual,
                state="INVALID",
                detail=check.advice,
            )
    for scenario in result.scenarios:
        specs = {spec.id: spec for spec in run.setup.checks.get(scenario.name, ())}
        for outcome in scenario.checks:
            row = _ended(scenario.name, outcome, specs.get(outcome.id))
            since_s = watch.since_s((scenario.position, outcome.id), outcome.status)
            yield row | {"since": "the end" if since_s is None else _moment(since_s)}


def _ended(scenario: str, outcome: Check, spec: CheckSpec | None) -> dict[str, str]:
    return _row(
        scenario=scenario,
        check=check_name(outcome),
        expected=outcome.expect,
        actual=outcome.actual,
        headroom="" if spec is None else _percent(headroom_percent(spec, outcome.value)),
        state=outcome.status,
        detail=outcome.detail,
    )


def reasons(result: Result) -> list[str]:
    """Why the verdict is what it is, the gravest first."""
    found = [f"{check.id}: {check.actual}" for check in result.validity if check.status == "FAIL"]
    return [*found, *reasons_of(result, "FAIL"), *reasons_of(result, "INSUFFICIENT")]


def _moment(since_s: float) -> str:
    return f"at {since_s:.0f} s"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:+.0f} %".replace("-", "−")
