"""What a check is called, and what made a verdict so, in a few words."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.judge.status import CheckStatus
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.report.result import model
from jobload.report.text.scenario_text import scenario_title


def check_name(check: model.Check | CheckSpec) -> str:
    where = " ".join(word for word in (check.stage, check.endpoint) if word)
    return f"{check.metric} ({where})" if where else check.metric


def verdict_reason(result: model.Result) -> str:
    """The first thing that made it so; empty for a PASS."""
    if result.status == "FAIL":
        return next(reasons_of(result, "FAIL"))
    if result.status == "INVALID":
        broken = (check.actual for check in result.validity if check.status == "FAIL")
        return next(broken, "") or next(reasons_of(result, "INSUFFICIENT"))
    return ""


def reasons_of(result: model.Result, status: CheckStatus) -> Iterator[str]:
    for scenario in result.scenarios:
        for check in scenario.checks:
            if check.status == status and check.level == "fail":
                yield f"{scenario_title(scenario)}: {check_name(check)} {_reason(check)}"
    for scenario in result.scenarios:
        if (audit := scenario.audit) is not None and audit.status == status:
            yield f"{scenario_title(scenario)}: audit {audit.text}"


def _reason(check: model.Check) -> str:
    if check.status == "INSUFFICIENT":
        return f"undecided, {check.detail}"
    return f"{check.actual}, expected {check.expect}"
