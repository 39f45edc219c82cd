"""Whose turn it is: flows by their weights, in exact proportions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import gcd

GOLDEN = 0.6180339887


class Turns:
    """Each process goes through the same cycle, evenly mixed, and begins at another place of it: no
    flow ever is a whole operation away from its share in it."""

    def __init__(self, weights: Sequence[int], process: int) -> None:
        least = reduce(gcd, weights)
        self._cycle = _mixed([weight // least for weight in weights])
        self._next = int(process * GOLDEN * len(self._cycle)) % len(self._cycle)

    def take(self) -> int:
        chosen = self._cycle[self._next]
        self._next = (self._next + 1) % len(self._cycle)
        return chosen


def _mixed(weights: Sequence[int]) -> list[int]:
    """Each time the one that is furthest behind its share."""
    total, behind = sum(weights), [0] * len(weights)
    cycle = []
    for _ in range(total):
        behind = [each + weight for each, weight in zip(behind, weights, strict=True)]
        chosen = max(range(len(weights)), key=behind.__getitem__)
        behind[chosen] -= total
        cycle.append(chosen)
    return cycle
