"""Looks at the checks over windows of a scenario while it runs."""

from __future__ import annotations

from collections.abc import Sequence

from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.checks.window_log import WindowLog
from jobload.judge.checks.windowed import judge_windows
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.measure.figures import StageFigures
from jobload.plan.stage import Stage


def first_breach(
    checks: Sequence[CheckSpec],
    log: WindowLog,
    begun: Sequence[StageFigures],
    plan: Sequence[Stage],
    until_s: float,
) -> CheckOutcome | None:
    """The first check over windows that is proven breached by what is complete up to `until_s` (in
    seconds of the run), and shall end something. The others are only read.

    What the stages to come of the `plan` could still mend is not proven.
    """
    outcomes = []
    for spec in checks:
        about = [stage for stage in begun if spec.is_about(stage.stage)]
        if spec.is_windowed and about:
            outcomes.append(judge_windows(spec, about, until_s, log, plan))
    return next((o for o in outcomes if o.spec.abort and o.status == "FAIL"), None)
