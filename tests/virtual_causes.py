"""The causes of `causes.py` in virtual time, where a run takes some 20 ms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from causes import CAUSES, LIMIT_MS, STRENGTHS, Run
from virtual_run import Answer, Disturbance, Target, judged, virtual_figures

from jobload.measure.figures import RunFigures
from jobload.plan.scenario import Scenario, load_scenario

PROCESSES = (1, 2)
Check = Mapping[str, Any]
CHECKS: Sequence[Check] = [{"metric": "p99", "expect": f"<= {LIMIT_MS}ms"}]
HICCUP_S = 0.004
"""Each second, of a process that is otherwise sound."""
REFUSED_EACH = (20, 3, 1)


def runs(rounds: int, seed: int = 0) -> list[Run]:
    """Other rates, users, lengths and moments in each round."""
    return [
        run(cause, strength, processes, seed + number)
        for number in range(rounds)
        for cause in CAUSES
        for strength in STRENGTHS
        for processes in PROCESSES
    ]


def run(
    cause: str, strength: int, processes: int, seed: int, checks: Sequence[Check] = CHECKS
) -> Run:
    return diagnosed(play(cause, strength, processes, seed), cause, strength, processes, checks)


def diagnosed(
    figures: RunFigures, cause: str, strength: int, processes: int, checks: Sequence[Check]
) -> Run:
    verdict = judged(figures, checks)
    where = f"virtual, {processes}"
    return Run(cause, strength, where, verdict.diagnosis.cause, verdict.status)


def play(cause: str, strength: int, processes: int, seed: int) -> RunFigures:
    draw = Random(f"{cause} {strength} {processes} {seed}")
    rate = draw.choice([100, 140, 200, 400])
    usual_s = draw.uniform(0.002, 0.03)
    users = 2 * round(rate * usual_s + 5)
    target, disturbance = _always(usual_s), Disturbance(0.0, HICCUP_S, draw.uniform(1.05, 1.95))
    match cause:
        case "target-slow":
            target, users = _slow(strength, usual_s, rate, draw)
        case "target-refuses":
            target = _refusing(usual_s, REFUSED_EACH[strength])
        case "connecting":
            connecting_s = (0.12, 0.3, 0.9)[strength]
            target = _always(usual_s + connecting_s, connecting_s)
            users = 2 * round(rate * (usual_s + connecting_s))
        case "too-few-users":
            usual_s = draw.uniform(0.04, 0.09)
            target = _always(usual_s)
            users = 2 * max(1, round(rate * usual_s / (1.6, 3, 8)[strength] / 2))
        case "generator-cpu":
            burn_s = (1.15, 1.6, 3.0)[strength] * processes / rate
            disturbance = Disturbance(burn_s=burn_s, shared=draw.choice([0.0, 0.1, 0.2]))
        case "generator-paused":
            block_s = (0.15, 0.3, 0.6)[strength]
            disturbance = Disturbance(block_s=block_s, first_s=draw.uniform(1.05, 1.95))
    scenario = _scenario(rate, users, hold_s=draw.choice([3.0, 4.0, 5.5]), at=draw.random())
    return virtual_figures(scenario, target, disturbance, processes)


def _always(after_s: float, connecting_s: float | None = None) -> Target:
    return lambda at_s: Answer(after_s, connecting_s=connecting_s)


def _slow(strength: int, usual_s: float, rate: float, draw: Random) -> tuple[Target, int]:
    """Always; now and then; and one that freezes while hardly a user is to spare."""
    if strength == 0:
        slow_s = draw.uniform(0.15, 0.4)
        return _always(slow_s), 2 * round(rate * slow_s)
    if strength == 1:
        slow = Random(draw.random())
        return lambda at_s: Answer(0.5 if slow.random() < 0.05 else usual_s), 2 * round(rate * 0.1)
    from_s = draw.uniform(1.5, 3.5)
    return lambda at_s: Answer(usual_s if at_s < from_s else None), 2 * round(rate * usual_s + 2)


def _refusing(usual_s: float, each: int) -> Target:
    asked = 0

    def answer(at_s: float) -> Answer:
        nonlocal asked
        asked += 1
        return Answer(usual_s, 201 if asked % each else 500)

    return answer


def _scenario(rate: float, users: int, hold_s: float, at: float) -> Scenario:
    stages = [
        {"name": "warm-up", "duration": f"{1 + at:.3f}s", "users": users, "rate": rate}
        | {"judged": False},
        {"name": "hold", "duration": f"{hold_s}s", "users": users, "rate": rate},
    ]
    return load_scenario(
        {"name": "light", "shape": "staged", "payload_bytes": 10, "stages": stages}
        | {"retries": 0, "timeout": "2s"}
    )
