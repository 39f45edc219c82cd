"""Seconds as people read them."""

from __future__ import annotations


def seconds_text(seconds: float) -> str:
    """To a tenth, where there is one: a stage may be shorter than a second."""
    return f"{seconds:.1f}".removesuffix(".0") + " s"
