"""Medians over rounds, and medians of what was paired within each round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.load import Evenness, Outcome
from bench.rounds import OURS, Key, Round

ReadOutcome = Callable[[Outcome], float]


@dataclass(frozen=True, slots=True)
class Spread:
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        return cls(median(values), min(values), max(values)) if values else None


def per_s(outcome: Outcome) -> float:
    return outcome.per_s


def cpu_us(outcome: Outcome) -> float:
    return outcome.cpu_us


def cpu_ms(outcome: Outcome) -> float:
    """CPU time per operation; seconds for a thousand of them are the same number."""
    return outcome.cpu_us / 1e3


def missed(outcome: Outcome) -> float:
    return outcome.missed


def of_evenness(read: Callable[[Evenness], float]) -> ReadOutcome:
    def figure(outcome: Outcome) -> float:
        assert outcome.evenness is not None
        return read(outcome.evenness)

    return figure


def keys(rounds: Sequence[Round]) -> list[Key]:
    """In a fixed order, though each round had its own."""
    return sorted({key for done in rounds for key in done}, key=_order)


def _order(key: Key) -> tuple[str, float, bool, str]:
    generator, load = key
    model, size = load.split(" ", 1)
    number = "".join(c for c in size.split(" ")[0].split("/")[0] if c.isdigit())
    return model, float("inf") if "%" in size else float(number), generator not in OURS, generator


def spread(rounds: Sequence[Round], key: Key, read: ReadOutcome) -> Spread | None:
    return Spread.of([read(done[key]) for done in rounds if key in done])


def ratio(
    rounds: Sequence[Round], load: str, other: str, read: ReadOutcome, one: str = "jobload"
) -> Spread | None:
    """The figure of one over the other's in the same round."""
    return kept(rounds, one, load, load, read, whose=other)


def kept(
    rounds: Sequence[Round],
    name: str,
    load: str,
    of: str,
    read: ReadOutcome,
    whose: str | None = None,
) -> Spread | None:
    """What a generator comes to in one load over what it, or `whose`, does in another of the same
    round."""
    one, other = (name, load), (whose or name, of)
    pairs = [(done[one], done[other]) for done in rounds if one in done and other in done]
    return Spread.of([read(this) / read(that) for this, that in pairs])


def inverse(spread: Spread | None) -> Spread | None:
    return spread and Spread(1 / spread.median, 1 / spread.high, 1 / spread.low)
