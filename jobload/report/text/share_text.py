"""Shares as people read them."""

from __future__ import annotations


def share_text(percent: float, decimals: int) -> str:
    """What there is, however little, is never shown as nothing."""
    text = f"{percent:.{decimals}f}"
    return f"<{10**-decimals}" if percent > 0 and not float(text) else text
