"""Did the generator make the load that was planned?

Arrivals that find no free user are the target's doing and never counted here: `late` has only those
that started late although a user was free.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import sqrt

from jobload.judge.stretches.excused import excused
from jobload.judge.stretches.stretch import due
from jobload.judge.validity.finding import Finding, ValidityCheck, from_findings, judged, place
from jobload.measure.collector import WorkerView
from jobload.measure.figures import RunFigures, ScenarioFigures, StageFigures
from jobload.plan.counted import counted

LATE_SHARE = 0.02
OFFERED_SHARE = 0.005
SETTLING_SHARE = 0.05
TICK_S = 1.0
CPU_SHARE = 0.9
COURSE_SHARE = 0.1
COURSE_SECONDS = 0.05
COURSE_LEAST = 2
"""A single pause over the end of a second changes two of them."""
TOO_SLOW = (
    "The generator, not the target, was too slow. Give it more cores or workers (--processes, more"
    " machines), lower the rate, or keep other programs off its machine."
)
ENDED = "It is no load to judge by. What ended or hindered the run or a worker is told beside this."
LATE = (
    "The upper figures have this delay, the lower ones do not, so it harms no verdict that is"
    " given. More cores or workers, or fewer other programs, bring both together."
)
WORTH_TELLING = 0.01
"""Of a machine's CPU time, taken by its hypervisor."""


def schedule_kept(run: RunFigures, explained: Collection[int] = ()) -> ValidityCheck:
    """Load that was never offered, or in another course than planned, is another load. How late
    single arrivals were is in the figures, so it is only told."""
    rated = [(s, stage) for s, stage in judged(run) if stage.planned is not None]
    planned = [(s, g) for s, g in rated if not _is_cut_short(s, g, explained)]
    findings = [f for s, stage in planned for f in breaches(s, stage)]
    late = [f for s, stage in rated for f in _late(s, stage)]
    return from_findings(
        "schedule-kept",
        findings or late,
        fine=_summary([stage for _, stage in rated]),
        expect=f"as many arrivals offered as planned (± {OFFERED_SHARE:.1%}), and by the"
        f" generator's doing over {COURSE_SHARE:.0%} more or fewer started in at most"
        f" {COURSE_SECONDS:.0%} of the seconds",
        advice=(ENDED if _is_told_elsewhere(run) else TOO_SLOW) if findings else LATE,
        status="FAIL" if findings else "WARN",
    )


def _is_told_elsewhere(run: RunFigures) -> bool:
    """So that nobody looks for more cores after an interrupt, or for a worker that was killed or
    can't do what it shall."""
    left = any(stage.record.users_left for _, stage in judged(run))
    ended = left or run.end_reason != "completed"
    return ended or any(not w.final or _has_refused(run, w) for w in run.workers)


def _has_refused(run: RunFigures, worker: WorkerView) -> bool:
    """Of a stage that others made without it. One that made load was slow besides its crash."""
    rated = [stage for _, stage in judged(run) if stage.planned]
    shares = [stage.by_worker.get(worker.id) for stage in rated]
    is_idle = any(share is None or not share.offered for share in shares)
    return is_idle and worker.newest is not None and bool(worker.newest.crashes)


def _is_cut_short(
    scenario: ScenarioFigures, stage: StageFigures, explained: Collection[int]
) -> bool:
    """By a breach or a breaking point, which is a result."""
    return scenario.position in explained and stage is scenario.stages[-1]


def _summary(stages: list[StageFigures]) -> str:
    if not stages:
        return "no arrival rate: users looped as fast as they could"
    late = sum(stage.record.late for stage in stages)
    offered = sum(stage.record.offered for stage in stages)
    planned = sum(stage.planned or 0 for stage in stages)
    return f"{late:,} late, {offered:,} offered of {planned:,.0f} planned"


def breaches(scenario: ScenarioFigures, stage: StageFigures) -> Iterator[Finding]:
    if (planned := stage.planned) is None:
        return
    tolerance = _tolerance(scenario, stage)
    chance = 4 * sqrt(planned) if scenario.scenario.arrivals == "poisson" else 0.0
    if abs(stage.record.offered - planned) > tolerance + chance:
        yield Finding(
            scenario.position,
            f"{place(scenario, stage)}: {counted(stage.record.offered, 'arrival')} offered,"
            f" {planned:,.0f} planned",
        )
    elif abs(due(stage, stage.record) - planned) > tolerance:
        yield Finding(
            scenario.position,
            f"{place(scenario, stage)}: users were there for {due(stage, stage.record):,.0f}"
            f" arrivals, {planned:,.0f} planned",
        )
    seconds, off = len(range(*stage.seconds_of_run)), _seconds_off_course(stage)
    if off > max(COURSE_LEAST, COURSE_SECONDS * seconds):
        yield Finding(
            scenario.position,
            f"{place(scenario, stage)}: in {off} of {seconds} seconds the generator, by its own"
            f" doing, started over {COURSE_SHARE:.0%} more or fewer operations than planned"
            f"{_stolen(stage)}",
        )


def _seconds_off_course(stage: StageFigures) -> int:
    """Operations that it started in another second than it should have, and arrivals that it never
    started though users were really free."""
    moved = dict(stage.record.displaced)
    missed = stage.record.missed
    free = excused(stage.record, stage.overall)
    for second, count in stage.record.unstarted.items() if missed else ():
        moved[second] = moved.get(second, 0) + round(count * free / missed)
    per_second = (stage.planned or 0.0) / max(1.0, stage.stage.duration_s)
    most = max(1.0, COURSE_SHARE * per_second)
    first, end = stage.seconds_of_run
    return sum(first <= second < end and abs(n) > most for second, n in moved.items())


def _late(scenario: ScenarioFigures, stage: StageFigures) -> Iterator[Finding]:
    late, started = stage.record.late, stage.record.started
    if late > LATE_SHARE * started:
        yield Finding(
            scenario.position,
            f"{place(scenario, stage)}: {late:,} of {started:,} arrivals"
            f" ({late / started:.1%}) started more than 10 ms late while a user was free"
            f"{_stolen(stage)}",
        )


def _stolen(stage: StageFigures) -> str:
    """Of the machine that lost most: there more worker processes would not help."""
    shares = stolen_shares(stage)
    worst = max(shares, key=shares.__getitem__, default=None)
    if worst is None or shares[worst] < WORTH_TELLING:
        return ""
    return (
        f"; the hypervisor gave {shares[worst]:.0%} of the CPU time of {worst}'s machine to others"
    )


def stolen_shares(stage: StageFigures) -> dict[str, float]:
    return {w: r.stolen_s / r.wall_s for w, r in stage.by_worker.items() if r.wall_s > 0}


def _tolerance(scenario: ScenarioFigures, stage: StageFigures) -> float:
    """How many arrivals more or fewer than planned are still the plan."""
    planned = stage.planned or 0.0
    tolerance = max(2.0, len(stage.by_worker), OFFERED_SHARE * planned)
    settling, is_ramp = _settling(scenario, stage), stage.stage.users_from != stage.stage.users_to
    if is_ramp and not stage.stage.judged:
        return tolerance + settling  # of a few users each is many arrivals
    return tolerance + min(settling, SETTLING_SHARE * planned)


def _settling(scenario: ScenarioFigures, stage: StageFigures) -> float:
    """Arrivals of the users that come or go up to one tick after the stage has begun."""
    per_user = stage.stage.rate_per_user or 0.0
    within = abs(stage.stage.users_to - stage.stage.users_from)
    index = scenario.stages.index(stage)
    before = scenario.stages[index - 1].stage if index else None
    if before is None:
        return per_user * TICK_S * (within + stage.stage.users_from / 2)
    jump = abs(stage.stage.users_from - before.users_to)
    last_tick = abs(before.users_to - before.users_from) * min(1.0, TICK_S / before.duration_s)
    return per_user * TICK_S * (within + (jump + last_tick) / 2)


def generator_not_saturated(run: RunFigures) -> ValidityCheck:
    shares = [(s, stage, *used) for s, stage in judged(run) for used in cpu_shares(stage)]
    busiest = max((share for *_, share in shares), default=0.0)
    return from_findings(
        "generator-not-saturated",
        [
            Finding(s.position, f"{place(s, stage)}: worker {worker} used {share:.0%} of a core")
            for s, stage, worker, share in shares
            if share > CPU_SHARE
        ],
        fine=f"busiest worker {busiest:.0%} of a core",
        expect=f"at most {CPU_SHARE:.0%} of a core per process in each judged stage",
        advice="A generator without spare time is late, and its upper figures show it. Add worker"
        " processes (--processes 2) or machines, or lower the rate.",
        status="WARN",
    )


def cpu_shares(stage: StageFigures) -> Iterator[tuple[str, float]]:
    for worker, record in stage.by_worker.items():
        if record.wall_s > 0:
            yield worker, record.cpu_s / record.wall_s
