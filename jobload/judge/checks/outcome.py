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


def levelled(spec: CheckSpec, status: CheckStatus) -> CheckStatus:
    return "WARN" if status == "FAIL" and spec.level == "warn" else status
