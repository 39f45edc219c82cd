"""What the audit of a scenario says of the target: nothing acknowledged may be lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jobload.judge.status import CheckStatus
from jobload.measure.figures import ScenarioFigures
from jobload.measure.ledger import Audit

BUILT_IN_USERS = frozenset({"JobSubmitter", "JobFollower", "JobWatcher"})


@dataclass(frozen=True, slots=True)
class AuditOutcome:
    """INSUFFICIENT: it was asked for and could not be made. WARN: not made, but nobody asked."""

    audit: Audit
    status: CheckStatus

    @property
    def text(self) -> str:
        found = self.audit
        if found.problem is not None:
            return f"could not be made: {found.problem}"
        counts = (
            f"{found.acknowledged:,} acknowledged, {found.stored:,} stored, {found.lost:,} lost,"
            f" {found.duplicated:,} duplicated, {found.indeterminate:,} indeterminate"
        )
        return f"{counts} ({', '.join(found.examples)})" if found.examples else counts


def judge_audit(scenario: ScenarioFigures) -> AuditOutcome | None:
    """None when nobody asked for one and none was made."""
    asked_for = scenario.scenario.audit is True
    audit = scenario.audit
    if audit is None:
        if not asked_for:
            return None
        audit = Audit(problem="the run ended before it")
    if audit.problem is not None:
        return AuditOutcome(audit, "INSUFFICIENT" if asked_for else "WARN")
    return AuditOutcome(audit, "PASS" if audit.is_clean else "FAIL")


def ledger_differences(scenario: ScenarioFigures) -> Iterator[str]:
    """Two accounts of the same operations, kept apart: the ledgers of users and the counts.

    Users of other kinds may acknowledge with a key or without, so for them one is a bound.
    """
    if scenario.audit is None or scenario.audit.problem is not None:
        return
    plan, acknowledged = scenario.scenario, scenario.audit.acknowledged
    exact = BUILT_IN_USERS.issuperset(plan.users_mix)
    label = f"{plan.method} {plan.endpoint}"
    if exact and "JobWatcher" in plan.users_mix and plan.method == "GET":
        return  # its lists have the same name as the submissions
    succeeded = sum(
        endpoint.succeeded
        for stage in scenario.stages
        for name, endpoint in stage.record.endpoints.items()
        if not exact or name == label
    )
    if acknowledged > succeeded or (exact and acknowledged < succeeded):
        yield (
            f"{acknowledged:,} operations acknowledged by their keys but {succeeded:,} succeeded,"
            f" difference {acknowledged - succeeded:+,}"
        )
