"""What an experiment claims: expected, measured, and whether it holds."""

from dataclasses import dataclass, field

from causes import Run

from verify.confusion import table


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
    """Those of one experiment. All are made before one that does not hold fails the test."""

    experiment: str
    made: list[Claim] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    @property
    def hold(self) -> bool:
        return all(claim.holds for claim in self.made)

    def note(self, text: str) -> None:
        self.experiment += f" ({text})"

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
        self.runs: list[Run] = []

    def settle(self, claims: Claims) -> None:
        """Fails the test when one of the claims does not hold."""
        self.claims += claims.made
        self.runs += claims.runs
        broken = [str(claim) for claim in claims.made if not claim.holds]
        assert not broken, "\n".join([claims.experiment, *broken])

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

    def confusion(self) -> list[str]:
        """What was put in against what was found, of all runs that had a cause put in."""
        if not self.runs:
            return []
        return table(self.runs).splitlines()
