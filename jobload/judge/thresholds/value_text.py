"""Figures as people read them."""

from __future__ import annotations

from math import floor, log10

from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.metric import Unit

MOST_DECIMALS = 6
_APART = {"ms", "%", "s"}
"""Units that stand apart from their figure."""
_SIZES = ((1024**4, "TiB"), (1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"), (1, "bytes"))


def value_text(value: float, unit: Unit, decimals: int | None = None) -> str:
    factor, shown_unit = _scale(value, unit)
    shown = value / factor
    return f"{shown:,.{_decimals(shown) if decimals is None else decimals}f}{shown_unit}"


def _decimals(shown: float) -> int:
    """Two digits at least of what is small, and no more than anybody reads; as many of 9.999 as of
    the 10 that it is shown as."""
    size = abs(shown)
    if shown == int(shown) or size >= 999.95:
        return 0
    if size >= 9.995:
        return 1
    return 2 if size >= 0.0995 else min(MOST_DECIMALS, 1 - floor(log10(size)))


def _scale(value: float, unit: Unit) -> tuple[float, str]:
    if unit in _APART:
        return 1.0, f" {unit}"
    if unit not in ("bytes", "bytes/s"):
        return 1.0, unit
    size, name = next((each for each in _SIZES if abs(value) >= each[0]), _SIZES[-1])
    return size, f" {name}{unit.removeprefix('bytes')}"


def actual_text(spec: CheckSpec, value: float) -> str:
    """With so many decimals that rounding does not move it across the limit."""
    if spec.limit is None:
        return value_text(value, spec.unit)
    factor, unit = _scale(value, spec.unit)
    text = ""
    for decimals in range(_decimals(value / factor), MOST_DECIMALS + 1):
        text = value_text(value, spec.unit, decimals)
        number = float(text.removesuffix(unit).replace(",", "")) * factor
        if spec.holds(number) == spec.holds(value):
            break
    return text
