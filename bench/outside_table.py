"""How late arrivals were in runs that were watched, beside one that nobody watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from bench.summary import Spread

RATES = (200, 2000)
ALONE = "nobody watches"


@dataclass(frozen=True, slots=True)
class Lateness:
    """Of one stage of one run."""

    p50_ms: float
    p99_ms: float
    cpu_percent: float
    missed: int


Stages = dict[int, Lateness]
"""By rate."""
Round = dict[str, Stages]
"""By the name of a way."""


def read_lateness(result: dict[str, Any]) -> Stages:
    """ValueError when an operation failed: then it is about something else."""
    (scenario,) = result["scenarios"]
    found: Stages = {}
    for stage in scenario["stages"]:
        if stage["failed"] or not stage["succeeded"]:
            raise ValueError(f"{stage['failed']} operations of {stage['name']} failed")
        if stage["judged"]:
            own = stage["generator"]
            cpu_percent = sum(own["cpu_percent"].values())
            p50_ms, p99_ms = (own[f"lateness_{name}_ms"] for name in ("p50", "p99"))
            if p50_ms is None:  # no arrival has found a user that was free
                p50_ms = p99_ms = inf
            found[int(stage["name"])] = Lateness(p50_ms, p99_ms, cpu_percent, stage["missed"])
    return found


FIGURES: dict[str, Callable[[Lateness], float]] = {
    "p50": lambda found: found.p50_ms,
    "p99": lambda found: found.p99_ms,
    "CPU": lambda found: found.cpu_percent,
}


def differences(rounds: Sequence[Round], name: str, rate: int, figure: str) -> Spread:
    """To the run of the same round that nobody watched."""
    read = FIGURES[figure]
    found = Spread.of([read(done[name][rate]) - read(done[ALONE][rate]) for done in rounds])
    assert found is not None
    return found


def markdown(rounds: Sequence[Round], facts: dict[str, Any]) -> str:
    yielded = [_heading(rounds, facts), ""]
    for rate in RATES:
        yielded += [*_table(rounds, rate), ""]
    return "\n".join(yielded)


def _heading(rounds: Sequence[Round], facts: dict[str, Any]) -> str:
    return (
        f"{facts['date']}, {facts['processor']}, {facts['cores']} cores, Python {facts['python']},"
        f" against {facts['server']}; {len(rounds)} interleaved rounds. Medians, ranges in"
        " brackets."
    )


def _table(rounds: Sequence[Round], rate: int) -> Iterator[str]:
    yield (
        f"| {rate:,}/s | lateness p50, ms | p99, ms | missed | p50 more by, ms | p99 more by, ms |"
        " more CPU, % of a core |"
    )
    yield "|---|---|---|---|---|---|---|"
    for name in rounds[0]:
        of_way = [done[name][rate] for done in rounds]
        cells = [_text(Spread.of([read(found) for found in of_way])) for read in _shown()]
        cells.append(f"{sum(found.missed for found in of_way)}")
        if name == ALONE:
            cells += ["", "", ""]
        else:
            cells += [_text(differences(rounds, name, rate, figure), "+") for figure in FIGURES]
        yield f"| {name} | {' | '.join(cells)} |"


def _shown() -> list[Callable[[Lateness], float]]:
    return [FIGURES["p50"], FIGURES["p99"]]


def _text(spread: Spread | None, sign: str = "") -> str:
    assert spread is not None
    median, low, high = (f"{value:{sign}.2f}" for value in (spread.median, spread.low, spread.high))
    return f"{median} [{low}–{high}]" if not sign else f"{median} [{low} to {high}]"
