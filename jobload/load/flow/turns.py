"""Whose turn it is: flows by their weights, in exact proportions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import cycle
from math import gcd

from jobload.load.pacing.arrivals import GOLDEN


def turns(weights: Sequence[int], process: int) -> Iterator[int]:
    """Each process goes through the same cycle, evenly mixed, and begins at another place of it: no
    flow ever is a whole operation away from its share in it."""
    least = reduce(gcd, weights)
    mixed = _mixed([weight // least for weight in weights])
    first = int(process * GOLDEN * len(mixed)) % len(mixed)
    return cycle(mixed[first:] + mixed[:first])


def _mixed(weights: Sequence[int]) -> list[int]:
    """Each time the one that is furthest behind its share."""
    total, behind = sum(weights), [0] * len(weights)
    mixed = []
    for _ in range(total):
        behind = [each + weight for each, weight in zip(behind, weights, strict=True)]
        chosen = max(range(len(weights)), key=behind.__getitem__)
        behind[chosen] -= total
        mixed.append(chosen)
    return mixed
