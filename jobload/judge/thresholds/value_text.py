"""Figures as people read them."""

from __future__ import annotations

from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.metric import Unit

MOST_DECIMALS = 6
_APART = {"ms", "%", "s"}
"""Units that stand apart from their figure."""
_SIZES = ((1024**4, "TiB"), (1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"), (1, "bytes"))


def value_text(value: float, unit: Unit, decimals: int | None = None) -> str:
    factor, shown_unit = _scale(value, unit)
    shown = value / factor
    if decimals is None:
        decimals = 0 if shown == int(shown) or abs(shown) >= 1000 else 1 if abs(shown) >= 10 else 2
    return f"{shown:,.{decimals}f}{shown_unit}"


def _scale(value: float, unit: Unit) -> tuple[float, str]:
    if unit in _APART:
        return 1.0, f" {unit}"
    if unit not in ("bytes", "bytes/s"):
        return 1.0, unit
    size, name = next((each for each in _SIZES if abs(value) >= each[0]), _SIZES[-1])
    return size, f" {name}{unit.removeprefix('bytes')}"


def actual_text(spec: CheckSpec, value: float) -> str:
    """With so many decimals that rounding does not move it across the limit."""
    text = value_text(value, spec.unit)
    if spec.limit is None:
        return text
    factor, unit = _scale(value, spec.unit)
    for decimals in range(1, MOST_DECIMALS + 1):
        number = float(text.removesuffix(unit).replace(",", "")) * factor
        if spec.holds(number) == spec.holds(value):
            return text
        text = value_text(value, spec.unit, decimals)
    return text
