"""What an experiment claims: expected, measured, and whether it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Claim:
    experiment: str
    what: str
    expected: str
    measured: str
    holds: bool

    def __str__(self) -> str:
        return f"{self.experiment} {self.what}: expected {self.expected}, measured {self.measured}"


@dataclass
class Claims:
    """Those of one experiment; all of them are looked at before one that fails fails the test."""

    experiment: str
    made: list[Claim] = field(default_factory=list)

    def near(
        self, what: str, measured: float | None, expected: float, within: float, unit: str = "ms"
    ) -> None:
        holds = measured is not None and abs(measured - expected) <= within
        text = f"{expected:.6g} ± {within:.3g} {unit}"
        self.that(what, text, "none" if measured is None else f"{measured:.6g} {unit}", holds)

    def equal(self, what: str, measured: object, expected: object) -> None:
        self.that(what, str(expected), str(measured), measured == expected)

    def at_most(self, what: str, measured: float, limit: float, unit: str = "") -> None:
        self.that(what, f"<= {limit:.6g} {unit}", f"{measured:.4g} {unit}", measured <= limit)

    def at_least(self, what: str, measured: float, limit: float, unit: str = "") -> None:
        self.that(what, f">= {limit:.6g} {unit}", f"{measured:.6g} {unit}", measured >= limit)

    def that(self, what: str, expected: str, measured: str, holds: bool) -> None:
        self.made.append(Claim(self.experiment, what, expected, measured, holds))


class Ledger:
    """The claims of all experiments, for the table at the end of `make verify`."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []

    @contextmanager
    def __call__(self, experiment: str) -> Iterator[Claims]:
        claims = Claims(experiment)
        try:
            yield claims
        finally:
            self.claims += claims.made
        broken = [str(claim) for claim in claims.made if not claim.holds]
        assert not broken, "\n".join(broken)

    def table(self) -> list[str]:
        rows = [("experiment", "what", "expected", "measured", "verdict")]
        for claim in self.claims:
            verdict = "holds" if claim.holds else "DOES NOT HOLD"
            rows.append((claim.experiment, claim.what, claim.expected, claim.measured, verdict))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        return [
            "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True))
            for row in rows
        ]
