"""Figures as people read them."""

from __future__ import annotations

from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.metric import Unit

MOST_DECIMALS = 6


def value_text(value: float, unit: Unit, decimals: int | None = None) -> str:
    if decimals is None:
        decimals = 0 if value == int(value) or abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
    number = f"{value:,.{decimals}f}"
    match unit:
        case "ms":
            return f"{number} ms"
        case "%":
            return f"{number} %"
    return f"{number}{unit}"


def actual_text(spec: CheckSpec, value: float) -> str:
    """With so many decimals that rounding does not move it across the limit."""
    if spec.limit is None:
        return value_text(value, spec.unit)
    text = value_text(value, spec.unit)
    for decimals in range(1, MOST_DECIMALS + 1):
        number = float(text.rstrip(" ms%/").replace(",", ""))
        if spec.holds(number) == spec.holds(value):
            return text
        text = value_text(value, spec.unit, decimals)
    return text
