"""What a query against a Prometheus gave during a run, by the run's own clock."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from typing import Literal, get_args

from jobload.plan.observe import Observe, ObservedUnit

Lack = Literal["no data", "not finite", "several series", "refused", "unreachable", "bad reply"]
"""Why there is no figure at an instant."""
LACKS: tuple[Lack, ...] = get_args(Lack)
HOLE = 2.5
"""In intervals between two samples: one that is missed is no hole, two in a row are."""


@dataclass(frozen=True, slots=True)
class ObservedStretch:
    """The samples of a stretch of time; `longest_gap_s` is without any, from its start to its
    end."""

    values: list[float]
    longest_gap_s: float
    every_s: float
    lacks: Counter[Lack]

    @property
    def has_hole(self) -> bool:
        return self.longest_gap_s > HOLE * self.every_s


class ObservedSeries:
    """Times are seconds of the run. Each sample stands in the middle between asking and answer, so
    that the clock of the Prometheus is never asked; what is settled can't change any more."""

    def __init__(self, name: str, query: str, unit: ObservedUnit, every_s: float) -> None:
        self.name = name
        self.query = query
        self.unit = unit
        self.every_s = every_s
        self.settled_s = 0.0
        self.examples: dict[Lack, str] = {}
        """The first of each, in words."""
        self._at_s = array("d")
        self._values = array("d")
        self._lacks = array("b")

    def add(self, at_s: float, value: float) -> None:
        self._append(at_s, value, -1)

    def lack(self, at_s: float, lack: Lack, example: str) -> None:
        self.examples.setdefault(lack, example)
        self._append(at_s, nan, LACKS.index(lack))

    def _append(self, at_s: float, value: float, lack: int) -> None:
        self._at_s.append(at_s)
        self._values.append(value)
        self._lacks.append(lack)

    def samples(self) -> Iterator[tuple[float, float | None]]:
        """In their order; None where there is no figure."""
        for at_s, value, lack in zip(self._at_s, self._values, self._lacks, strict=True):
            yield at_s, value if lack < 0 else None

    @property
    def lacks(self) -> Counter[Lack]:
        return Counter(LACKS[lack] for lack in self._lacks if lack >= 0)

    def between(self, first_s: float, end_s: float) -> ObservedStretch:
        """From `first_s` to `end_s`, which is not included."""
        first, end = bisect_left(self._at_s, first_s), bisect_left(self._at_s, end_s)
        values, lacks, last_s, longest_s = [], Counter[Lack](), first_s, 0.0
        for at in range(first, end):
            if self._lacks[at] >= 0:
                lacks[LACKS[self._lacks[at]]] += 1
                continue
            values.append(self._values[at])
            longest_s = max(longest_s, self._at_s[at] - last_s)
            last_s = self._at_s[at]
        longest_s = max(longest_s, end_s - last_s)
        return ObservedStretch(values, longest_s, self.every_s, lacks)

    def latest(self, at_s: float) -> float | None:
        """The figure at an instant, as charts draw it: the newest that is not stale."""
        at = bisect_left(self._at_s, at_s) - 1
        if at < 0 or self._lacks[at] >= 0 or at_s - self._at_s[at] > HOLE * self.every_s:
            return None
        return self._values[at]


def series_for(observe: Observe | None) -> dict[str, ObservedSeries]:
    if observe is None:
        return {}
    return {
        name: ObservedSeries(name, asked.query, asked.unit, observe.every_s)
        for name, asked in observe.queries.items()
    }
