"""V14: what can be wrong with a run, one thing at a time, in three strengths each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CAUSES = (
    "none",
    "target-slow",
    "target-refuses",
    "connecting",
    "too-few-users",
    "generator-cpu",
    "generator-paused",
)
OF_THE_GENERATOR = ("generator-cpu", "generator-paused")
VERDICTS = ("PASS", "FAIL", "INVALID")
STRENGTHS = (0, 1, 2)
LIMIT_MS = 100
"""Each run checks that its p99 is at most this; and what is implied."""
RIGHT_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Run:
    """One that was made, and what was said of it."""

    injected: str
    strength: int
    where: str
    diagnosed: str
    verdict: str

    @property
    def is_right(self) -> bool:
        return self.injected == self.diagnosed

    @property
    def blames_the_wrong_one(self) -> bool:
        """The target for what the generator did, or the measurement for what the target did."""
        if self.injected in OF_THE_GENERATOR:
            return self.verdict == "FAIL"
        return self.injected != "none" and self.verdict != "FAIL"

    def __str__(self) -> str:
        return f"{self.where} {self.injected} {self.strength}: {self.diagnosed}, {self.verdict}"


def matrix(runs: Sequence[Run]) -> list[str]:
    """As Markdown: a row for each cause that was put in, a column for each that was found."""
    heads = ("put in \\ found", *CAUSES, *VERDICTS)
    rows = [heads, tuple("---" if n == 0 else "---:" for n in range(len(heads)))]
    for cause in CAUSES:
        own = [run for run in runs if run.injected == cause]
        found = Counter(run.diagnosed for run in own)
        verdicts = Counter(run.verdict for run in own)
        counts = [*(found[each] for each in CAUSES), *(verdicts[each] for each in VERDICTS)]
        rows.append((cause, *(str(n) if n else "·" for n in counts)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    return [
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]


def right_share(runs: Sequence[Run]) -> float:
    return sum(run.is_right for run in runs) / len(runs)


def wrong(runs: Iterable[Run]) -> list[str]:
    return [str(run) for run in runs if not run.is_right or run.blames_the_wrong_one]
