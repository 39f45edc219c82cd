"""Shares as people read them."""

from __future__ import annotations


def share_text(percent: float, decimals: int) -> str:
    """What there is, however little, is never shown as nothing, nor most as all."""
    text, least = f"{percent:.{decimals}f}", 10**-decimals
    if percent > 0 and not float(text):
        return f"<{least}"
    return f">{100 - least:g}" if percent < 100 <= float(text) else text
