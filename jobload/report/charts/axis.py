"""Ticks that people like to read."""

from __future__ import annotations

from math import ceil, floor, log10

LOG_ABOVE = 20.0
"""A range of figures wider than this is drawn on a logarithmic axis."""

Tick = tuple[float, str]
"""(place on the axis, label)"""


def number_text(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if value >= 1e4 else f"{value:g}"


def duration_text(ms: float) -> str:
    if not ms:
        return "0"
    if ms >= 1000:
        return f"{ms / 1000:g} s"
    return f"{ms:g} ms" if ms >= 1 else f"{ms * 1000:g} µs"


def nice_step(span: float, count: int) -> float:
    """1, 2 or 5 times a power of ten, so that about `count` of them make the span."""
    raw = max(span, 1e-9) / count
    power: float = 10.0 ** floor(log10(raw))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)


def ticks_from_zero(top: float, count: int = 5) -> list[float]:
    """Round numbers from 0 to the first that is not below `top`."""
    step = nice_step(top, count)
    return [round(step * index, 9) for index in range(ceil(top / step - 1e-9) + 1)]


def time_ticks(last_s: float, count: int) -> list[Tick]:
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
    step_s = next((s for s in steps if last_s / s <= count), 86400)
    return [(float(at), _time_text(at)) for at in range(0, int(last_s) + 1, step_s)]


def _time_text(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}" if minutes else f"{hours}h"
    if minutes:
        return f"{minutes}m{rest:02}" if rest else f"{minutes}m"
    return f"{rest}s"


def decades(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, … from the last not above `low` to the first not below `high`."""
    exponents = range(floor(log10(low)) - 1, ceil(log10(high)) + 2)
    every = [factor * 10.0**exponent for exponent in exponents for factor in (1, 2, 5)]
    first = max(i for i, value in enumerate(every) if value <= low * (1 + 1e-9))
    last = min(i for i, value in enumerate(every) if value >= high * (1 - 1e-9))
    chosen = every[first : max(last, first + 1) + 1]
    return chosen if len(chosen) <= 7 else [v for v in chosen if log10(v) % 1 < 1e-9] or chosen
