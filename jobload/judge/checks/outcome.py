"""What came of a check."""

from __future__ import annotations

from dataclasses import dataclass

from jobload.judge.checks.undecided import UndecidedBy
from jobload.judge.status import CheckStatus
from jobload.judge.thresholds.check_spec import CheckSpec


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """`actual` in the unit of the check; None where there is no single figure. `undecided_by` says
    what leaves an INSUFFICIENT check open, where it is more than a lack of samples."""

    spec: CheckSpec
    status: CheckStatus
    actual: float | None
    actual_text: str
    detail: str = ""
    undecided_by: UndecidedBy | None = None


def insufficient(spec: CheckSpec, text: str, detail: str) -> CheckOutcome:
    return CheckOutcome(spec, "INSUFFICIENT", None, text, detail)


def decided(
    spec: CheckSpec, holds: bool, actual: float | None, text: str, detail: str = ""
) -> CheckOutcome:
    breached: CheckStatus = "WARN" if spec.level == "warn" else "FAIL"
    return CheckOutcome(spec, "PASS" if holds else breached, actual, text, detail)
