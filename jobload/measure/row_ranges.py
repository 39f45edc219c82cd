"""A set of rows of a file, as stretches of their numbers: a run uses most of them in turn."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

Stretch = tuple[int, int]
"""The first row, counted from 0, and the one after the last."""


class RowRanges:
    def __init__(self, stretches: Iterable[Stretch] = ()) -> None:
        self._firsts: list[int] = []
        self._ends: list[int] = []
        for first, end in stretches:
            self.add(first, end)

    def __iter__(self) -> Iterator[Stretch]:
        return zip(self._firsts, self._ends, strict=True)

    def __len__(self) -> int:
        return sum(end - first for first, end in self)

    def __bool__(self) -> bool:
        return bool(self._firsts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RowRanges) and list(self) == list(other)

    def add(self, first: int, end: int) -> None:
        if first >= end:
            return
        low, high = bisect_left(self._ends, first), bisect_right(self._firsts, end)
        if low < high:
            first, end = min(first, self._firsts[low]), max(end, self._ends[high - 1])
        self._firsts[low:high], self._ends[low:high] = [first], [end]

    def remove(self, first: int, end: int) -> None:
        if first >= end:
            return
        low, high = bisect_right(self._ends, first), bisect_left(self._firsts, end)
        if low >= high:
            return
        left = [(self._firsts[low], first)] if self._firsts[low] < first else []
        right = [(end, self._ends[high - 1])] if end < self._ends[high - 1] else []
        self._firsts[low:high] = [each[0] for each in left + right]
        self._ends[low:high] = [each[1] for each in left + right]

    def holds(self, first: int, end: int) -> bool:
        """All of the stretch."""
        index = bisect_right(self._firsts, first) - 1
        return index >= 0 and end <= self._ends[index]

    def pop_first(self, most: int) -> Stretch:
        """The first stretch, or as much of it, taken out."""
        first = self._firsts[0]
        end = min(self._ends[0], first + most)
        self.remove(first, end)
        return first, end

    def text(self, most: int = 10) -> str:
        """As people count: from 1, the last one included."""
        named = [
            f"{first + 1}" if end == first + 1 else f"{first + 1}-{end}" for first, end in self
        ]
        more = len(named) - most
        return ", ".join(named[:most]) + (f" and {more:,} more stretches" if more > 0 else "")
