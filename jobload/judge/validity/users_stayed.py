"""Users of somebody's own may end by themselves, and nobody takes their place."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.judge.validity.finding import Finding, ValidityCheck, from_findings, judged, place
from jobload.measure.figures import RunFigures, ScenarioFigures, StageFigures
from jobload.plan.counted import counted

LEFT_SHARE = 0.05
FEWEST_SECONDS = 2
EXPECT = f"at most {LEFT_SHARE:.0%} of the users missing or ended by themselves"
ADVICE = (
    "A user that raises StopUser, or what no `except Exception` catches (gevent.Timeout, sys.exit),"
    " is gone for the rest of the run, so the load was another than planned. Let it go on instead:"
    " catch it in the task, or return from that."
)
GONE_ADVICE = (
    "Only the plan may start and stop users: take calls of the runner's start() and stop_users()"
    " out of the code, or look for what kept processes from having their users."
)


def users_stayed(run: RunFigures) -> list[ValidityCheck]:
    """None where all of them did."""
    told = [finding for s in run.scenarios for finding in _left(s, 0.0)]
    too_many = [finding for s in run.scenarios for finding in _left(s, LEFT_SHARE)]
    gone = [] if too_many else [f for s, stage in judged(run) for f in _gone(s, stage)]
    if not told + gone:
        return []
    return [
        from_findings(
            "users-stayed",
            too_many or gone or told,
            fine="",
            expect=EXPECT,
            advice=GONE_ADVICE if gone else ADVICE,
            status="FAIL" if too_many or gone else "WARN",
        )
    ]


def _gone(scenario: ScenarioFigures, stage: StageFigures) -> Iterator[Finding]:
    """Whoever stopped them. A report that comes late is that of a second beside its own."""
    planned, users = stage.stage.users, stage.series.users
    if scenario.scenario.shape == "custom" or stage.stage.users_from != planned:
        return
    seconds = range(*stage.seconds_of_run)[1:-1]
    there = [max(users(second - 1), users(second), users(second + 1)) for second in seconds]
    fewer = [count for count in there if count < (1 - LEFT_SHARE) * planned]
    if len(fewer) > max(FEWEST_SECONDS, LEFT_SHARE * len(seconds)):
        yield Finding(
            scenario.position,
            f"{place(scenario, stage)}: in {len(fewer)} of {len(seconds)} seconds fewer users were"
            f" there than the {planned:,} planned, {min(fewer):,} at the fewest",
        )


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
