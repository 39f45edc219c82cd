"""The processes that made the load: all there, none silent."""

from __future__ import annotations

from jobload.judge.validity.finding import ValidityCheck, in_short, judged, place
from jobload.measure.collector import WorkerView
from jobload.measure.figures import RunFigures
from jobload.plan.counted import counted

LONGEST_SILENCE_S = 3.0
NOTABLE_LAG_MS = 100.0


def workers_complete(run: RunFigures) -> ValidityCheck:
    expect = "every worker of the run sent its final report"
    gone = [_loss(worker, run.duration_s) for worker in run.workers if not worker.final]
    if not run.workers:
        gone = ["no process ever made load"]
    if gone:
        advice = (
            "Find out why the worker ended (its log, the kernel's out-of-memory messages, the"
            " network between it and the master) and run again."
        )
        return ValidityCheck("workers-complete", "FAIL", in_short(gone), expect, advice)
    return ValidityCheck("workers-complete", "PASS", _roster(run.workers), expect)


def _loss(worker: WorkerView, duration_s: float) -> str:
    if worker.newest is None:
        return f"worker {worker.id} was never heard"
    what = "was lost" if worker.lost else "sent no final report"
    unheard_s = max(0.0, duration_s - worker.heard_s)
    return (
        f"worker {worker.id} {what}: last heard at {worker.heard_s:.1f} s, {unheard_s:.1f} s before"
        f" the end; {counted(worker.newest.in_flight, 'operation')} in flight and"
        f" {worker.newest.backlog:,} waiting arrivals of its {worker.requests:,} were lost with it,"
        " and all it did in its last second"
    )


def _roster(workers: list[WorkerView]) -> str:
    late = [f"{w.id} joined late, at {w.joined_s:.1f} s" for w in workers if w.late]
    early = [f"{w.id} left early, at {w.left_s:.1f} s" for w in workers if w.left_s is not None]
    return "; ".join([counted(len(workers), "worker"), *late, *early])


def no_stall(run: RunFigures) -> ValidityCheck:
    expect = f"no worker silent for more than {LONGEST_SILENCE_S:g} s"
    stalls = [
        f"worker {w.id} was silent for {w.longest_silence_s:.1f} s"
        for w in run.workers
        if w.longest_silence_s > LONGEST_SILENCE_S
    ]
    stalls += [f"worker {w.id}: {p}" for w in run.workers if w.newest for p in w.newest.pauses]
    if stalls:
        advice = (
            "The load had a gap that the plan doesn't have. Look for a suspended or overloaded"
            " machine, or a network cut between the worker and the master, and run again."
        )
        return ValidityCheck("no-stall", "FAIL", in_short(stalls), expect, advice)
    silence_s = max((w.longest_silence_s for w in run.workers), default=0.0)
    lag_ms, where = _longest_lag(run)
    actual = f"longest silence {silence_s:.1f} s"
    if lag_ms < NOTABLE_LAG_MS:
        return ValidityCheck("no-stall", "PASS", actual, expect)
    advice = "What stood still meanwhile is in the upper figures alone."
    actual += f"; a worker stood still for {lag_ms:.0f} ms in {where}"
    return ValidityCheck("no-stall", "WARN", actual, expect, advice)


def _longest_lag(run: RunFigures) -> tuple[float, str]:
    """The longest wait of an event loop, or of an arrival for which a user was free."""
    lags = (
        (max(s.record.loop_lag.max_us, s.record.lateness.max_us) / 1e3, place(scenario, s))
        for scenario, s in judged(run)
    )
    return max(lags, key=lambda lag: lag[0], default=(0.0, ""))
