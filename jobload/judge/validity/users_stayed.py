"""Users of somebody's own may end by themselves, and nobody takes their place."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.judge.validity.finding import Finding, ValidityCheck, from_findings, place
from jobload.measure.figures import RunFigures, ScenarioFigures
from jobload.plan.counted import counted

LEFT_SHARE = 0.05
EXPECT = f"at most {LEFT_SHARE:.0%} of the users ended by themselves"
ADVICE = (
    "A user that raises StopUser, or what no `except Exception` catches (gevent.Timeout, sys.exit),"
    " is gone for the rest of the run, so the load was another than planned. Let it go on instead:"
    " catch it in the task, or return from that."
)


def users_stayed(run: RunFigures) -> list[ValidityCheck]:
    """None where all of them did."""
    told = [finding for s in run.scenarios for finding in _left(s, 0.0)]
    if not told:
        return []
    too_many = [finding for s in run.scenarios for finding in _left(s, LEFT_SHARE)]
    return [
        from_findings(
            "users-stayed",
            too_many or told,
            fine="",
            expect=EXPECT,
            advice=ADVICE,
            status="FAIL" if too_many else "WARN",
        )
    ]


def _left(scenario: ScenarioFigures, share: float) -> Iterator[Finding]:
    """Of the stages that are judged; who has left is missing from then on."""
    left = 0
    for stage in scenario.stages:
        left += stage.record.users_left
        users = max(stage.stage.users_from, stage.stage.users_to)
        if stage.stage.judged and left > share * users:
            yield Finding(
                scenario.position,
                f"{place(scenario, stage)}: {counted(left, 'user')} had ended by themselves, of"
                f" {users:,} planned",
            )
