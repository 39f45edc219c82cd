"""Errors by kind, in bounded memory however many different texts a target invents."""

from __future__ import annotations

import re
from typing import Self

import msgspec

from jobload.measure.record import Count, Record

MAX_KINDS = 64
MAX_EXAMPLE_CHARACTERS = 200
OTHER = "other"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Those that turn the direction of text around as well: it would read as something else."""


class ErrorCounts(Record):
    counts: dict[str, Count] = msgspec.field(default_factory=dict)
    examples: dict[str, str] = msgspec.field(default_factory=dict)

    def add(self, kind: str, example: str, count: int = 1) -> None:
        kind = writable(kind)
        if kind not in self.counts and len(self.counts) >= MAX_KINDS:
            kind = OTHER
        self.counts[kind] = self.counts.get(kind, 0) + count
        if kind not in self.examples:
            self.examples[kind] = writable(example[:MAX_EXAMPLE_CHARACTERS])

    @property
    def most_frequent(self) -> list[tuple[str, int]]:
        return sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))

    def merge(self, other: Self) -> None:
        for kind, count in other.counts.items():
            self.add(kind, other.examples.get(kind, ""), count)

    def since(self, earlier: Self) -> Self:
        before = earlier.counts.get
        counts = {k: n - old for k, n in self.counts.items() if n != (old := before(k, 0))}
        return type(self)(counts, {kind: self.examples.get(kind, "") for kind in counts})


def writable(text: str) -> str:
    """Without lone surrogates, which no report could encode, and what would command a terminal."""
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n")
    return _CONTROLS.sub("\ufffd", text)
