"""Figures of tables as people read them."""

from __future__ import annotations


def tenths_text(value: float) -> str:
    """With one decimal, and two digits of what would be nothing with that."""
    return f"{value:.2g}" if 0 < value < 0.05 else f"{value:,.1f}"
