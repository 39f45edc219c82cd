"""What is wrong with a stage, in one cause and one line of advice.

The parts of an operation's time have one owner each, so what is too long says who is to blame. What
a target fails in is named first; what the generator added only where the target fails in nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import get_args

from jobload.judge.cause import NOTHING, Cause, Diagnosis
from jobload.judge.checks.check import evaluate_stages, holds_in
from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.checks.window_log import WindowLog
from jobload.judge.failures import FAILED_PERCENT, OF_ERRORS, few_errors, lack, refusal
from jobload.judge.hidden_standstill import hidden_standstill
from jobload.judge.limit_above_plan import is_above_plan, stages_of, too_high
from jobload.judge.stretches.excused import excused, just_due, use_per_operation_us, use_us
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.validity.schedule import LATE_SHARE, breaches, cpu_shares, stolen_shares
from jobload.measure.figures import ScenarioFigures, StageFigures
from jobload.measure.histogram import Histogram
from jobload.measure.quiet_stages import Told
from jobload.plan.counted import counted

MISSED_SHARE = 0.01
CONNECTING_SHARE = 0.5
"""Of the time that the target kept users: more is connecting that is slow, not answering."""
WAITING_SHARE = 0.5
"""Of the same: more is waiting to ask again."""
STEADY = 3.0
"""A target whose mean time is at most so much of its quickest is steady: it only wants users."""
BUSY_CPU = 0.85
OWN_US, OWN_SHARE = 10_000, 0.5
"""What the generator adds to the 99th percentile is told when it is more than both."""
ENDED_EARLY = 0.98
"""Of its planned length; a stage that was shorter has not kept to the plan for another reason."""


def diagnoses(
    scenario: ScenarioFigures, whole: Sequence[CheckOutcome], log: WindowLog
) -> tuple[Diagnosis, ...]:
    """Of each stage; `whole` is what came of the checks of all stages together."""
    checks = [outcome.spec for outcome in whole]
    parts = [(outcome, _where(outcome, scenario, log)) for outcome in whole]
    return tuple(
        diagnosis(scenario, stage, checks, [o for o, where in parts if stage in where], log=log)
        for stage in scenario.stages
    )


def diagnosis(
    scenario: ScenarioFigures,
    stage: StageFigures,
    checks: Sequence[CheckSpec],
    has_part_in: Sequence[CheckOutcome] = (),
    *,
    log: WindowLog | None = None,
    is_over: bool = True,
) -> Diagnosis:
    """`has_part_in` came of all stages together, and of this one more than of others. Whether its
    load was the one planned is known when it is over."""
    own = [s for s in checks if _is_about(s, stage) and not is_above_plan(scenario, s, [stage])]
    outcomes = [evaluate_stages(spec, [stage], log=log) for spec in own]
    above = [o for o in has_part_in if is_above_plan(scenario, o.spec, stages_of(o.spec, scenario))]
    outcomes += [o for o in has_part_in if o not in above]
    found = lack(stage) or refusal(stage, FAILED_PERCENT)
    if found is None and _is_targets(stage, outcomes):
        found = _too_long(scenario, stage, outcomes)
    found = found or few_errors(stage, outcomes) or too_high(scenario, above)
    # Who ended it early is told elsewhere.
    has_run = is_over and stage.duration_s > ENDED_EARLY * stage.stage.duration_s
    kept_to_plan = not (has_run and any(breaches(scenario, stage)))
    found = found or _generator(stage, outcomes, kept_to_plan)
    return found or hidden_standstill(stage) or NOTHING


def worst_diagnosis(found: Sequence[Diagnosis]) -> Diagnosis:
    return min(found, key=lambda d: get_args(Cause).index(d.cause), default=NOTHING)


def _is_about(spec: CheckSpec, stage: StageFigures) -> bool:
    return spec.is_of_a_stage and not spec.kind.observed and spec.is_about(stage.stage)


def _where(
    outcome: CheckOutcome, scenario: ScenarioFigures, log: WindowLog
) -> Sequence[StageFigures]:
    """Stages that leave a check as it was left by all of them, however few samples each has; all of
    them where none does so by itself."""
    spec = outcome.spec
    is_open = outcome.undecided_by == "generator"
    if spec.kind.observed or not (is_open or outcome.status in ("FAIL", "WARN")):
        return ()
    if spec.kind.statistic == "capacity":
        return ()  # its steps are told one by one
    if spec.kind.statistic == "recovery_time":
        return [s for s in scenario.stages if s.name == "recovery"]
    stages = stages_of(spec, scenario)
    if not spec.is_of_a_stage:
        return stages
    holds = None if is_open else False
    stages = [s for s in stages if not is_above_plan(scenario, spec, [s])] or stages
    return [s for s in stages if holds_in(spec, s, log) is holds] or stages


# --- the target, or the number of users, is too slow --------------------------------------------


def _is_targets(stage: StageFigures, outcomes: Sequence[CheckOutcome]) -> bool:
    """Proven by a check, or by arrivals that waited for users the target kept."""
    if any(_is_breached(outcome) for outcome in outcomes):
        return True
    record = stage.record
    free = excused(record, stage.overall) + just_due(stage)
    return record.missed - free > MISSED_SHARE * record.offered


def _is_breached(outcome: CheckOutcome) -> bool:
    return outcome.status in ("FAIL", "WARN") and outcome.spec.kind.statistic not in OF_ERRORS


def _too_long(
    scenario: ScenarioFigures, stage: StageFigures, outcomes: Sequence[CheckOutcome]
) -> Diagnosis:
    record, overall = stage.record, stage.overall
    used_us = use_us(record, overall)
    if record.connecting.sum_us > CONNECTING_SHARE * max(1, used_us):
        return Diagnosis(
            "connecting",
            f"connecting: {counted(record.connecting.count, 'connection')} took"
            f" {_ms(record.connecting, 50)} (p50), {_ms(record.connecting, 99)} (p99)",
            "Look at the network, the listen queue, keep-alive and the TLS settings of the target.",
        )
    per_operation_us = use_per_operation_us(record, overall, record.waiting + record.missed)
    if _waits_for_users(scenario, stage, outcomes, per_operation_us):
        rate = stage.stage.rate or 0.0
        needed = ceil(rate * per_operation_us / 1e6)
        return Diagnosis(
            "too-few-users",
            f"too few users: an operation keeps one for {per_operation_us / 1e3:,.0f} ms, so"
            f" {rate:g}/s need at least {needed:,}, and there were {stage.stage.users}",
            f"Give the scenario {needed:,} users or more, or a lower rate.",
        )
    times = overall.service_time
    longest = max(0, times.max_us, record.unfinished.max_us)
    replies = f"its replies took {_ms(times, 50)} (p50), {_ms(times, 99)} (p99)"
    if not times.counts:
        replies = "it answered nothing"
    if record.waited_us > WAITING_SHARE * used_us:
        return Diagnosis(
            "target-slow",
            "target slow: most of the time that it kept users they waited to ask again, for a retry"
            f" or a job; {replies}",
            "Look at what it refuses or asks to wait for (Retry-After), and at how long jobs take.",
        )
    return Diagnosis(
        "target-slow",
        f"target slow: {replies}, the longest wait was {longest / 1e3:,.0f} ms",
        "Look for what the target waits for.",
    )


def _waits_for_users(
    scenario: ScenarioFigures,
    stage: StageFigures,
    outcomes: Sequence[CheckOutcome],
    per_operation_us: float,
) -> bool:
    """The target is steady, and its own times are none too long: what lasts is the waiting."""
    rate = stage.stage.rate
    if rate is None or rate * per_operation_us / 1e6 <= stage.stage.users:
        return False
    quickest = (s.overall.service_time.percentile_us(1) for s in scenario.stages)
    quickest_us = min((us for us in quickest if us is not None), default=0.0)
    if per_operation_us > STEADY * max(1.0, quickest_us):
        return False
    return not any(_is_slow_by_itself(outcome, stage.overall.service_time) for outcome in outcomes)


def _is_slow_by_itself(outcome: CheckOutcome, service_time: Histogram) -> bool:
    """Whether the time without any waiting breaches the check too."""
    spec, metric = outcome.spec, outcome.spec.kind
    if metric.percentile is None or metric.of == "completion" or spec.is_relative:
        return False
    us = service_time.percentile_us(metric.percentile)
    return _is_breached(outcome) and us is not None and not spec.holds(us / 1e3)


# --- the generator ------------------------------------------------------------------------------


def _generator(
    stage: StageFigures, outcomes: Sequence[CheckOutcome], kept_to_plan: bool
) -> Diagnosis | None:
    record, overall = stage.record, stage.overall
    upper, lower = (
        times.percentile_us(99) or 0.0
        for times in (overall.response_time, overall.response_time_lower)
    )
    own_us = upper - lower
    decides = any(outcome.undecided_by == "generator" for outcome in outcomes)
    late = record.late > LATE_SHARE * max(1, record.started)
    much = own_us > max(OWN_US, OWN_SHARE * lower)
    if kept_to_plan and not (decides or late or much):
        return None
    added = f"it added {own_us / 1e3:,.1f} ms to the 99th percentile"
    wanted = {w: share * _demand(stage.by_worker[w]) for w, share in cpu_shares(stage)}
    busiest = max(wanted, key=wanted.__getitem__, default="")
    if busiest and wanted[busiest] > BUSY_CPU:
        used = dict(cpu_shares(stage))[busiest]
        return Diagnosis(
            "generator-cpu",
            f"generator: CPU: {busiest} used {used:.0%} of a core, and all that it was offered"
            f" would have taken {wanted[busiest]:.0%}; {added}",
            "Add worker processes (--processes) or machines, or lower the rate.",
        )
    stood_us = max(0, record.loop_lag.max_us, record.read_lag.max_us, record.lateness.max_us)
    if not (decides or late or much) and stood_us < OWN_US:
        return Diagnosis(
            "generator-paused",
            f"generator: {record.offered:,} of {stage.planned or 0:,.0f} planned arrivals were"
            " offered, though it did not stand still",
            "Look for a process of it that was lost, or joined late.",
        )
    stolen = max(stolen_shares(stage).values(), default=0.0)
    taken = f"; its hypervisor gave {stolen:.0%} of the CPU time to others" if stolen > 0.01 else ""
    return Diagnosis(
        "generator-paused",
        f"generator: paused: it stood still for up to {stood_us / 1e3:,.0f} ms; {added}{taken}",
        "Keep other programs off its machine, or give it one whose CPU is its own.",
    )


def _demand(record: Told) -> float:
    """How many times the CPU time that it had a process would have needed for all arrivals: when
    others share its core, one that lacks CPU time uses less than all of it."""
    return record.offered / record.started if record.started else 1.0


def _ms(times: Histogram, percent: float) -> str:
    us = times.percentile_us(percent)
    return "–" if us is None else f"{us / 1e3:,.0f} ms" if us >= 10_000 else f"{us / 1e3:,.1f} ms"
