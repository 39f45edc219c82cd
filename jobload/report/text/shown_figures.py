"""Figures of tables as people read them."""

from __future__ import annotations

NONE = "–"
"""Where there is no figure."""


def tenths_text(value: float | None) -> str:
    """With one decimal, and two digits of what would be nothing with that."""
    if value is None:
        return NONE
    return f"{value:.2g}" if 0 < value < 0.05 else f"{value:,.1f}"


def share_text(percent: float | None, decimals: int, unit: str = " %") -> str:
    """What there is, however little, is never shown as nothing, nor most as all."""
    if percent is None:
        return NONE
    text, least = f"{percent:.{decimals}f}", 10**-decimals
    if percent > 0 and not float(text):
        text = f"<{least}"
    elif percent < 100 <= float(text):
        text = f">{100 - least:g}"
    return text + unit


def seconds_text(seconds: float) -> str:
    """To a tenth, where there is one: a stage may be shorter than a second."""
    return f"{seconds:.1f}".removesuffix(".0") + " s"
