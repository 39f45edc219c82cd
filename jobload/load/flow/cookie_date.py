"""When a cookie ends, in any of the forms that servers write (RFC 6265, 5.1.1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_BETWEEN = re.compile(r"[\t -/;-@\[-`{-~]+")
_PATTERNS = {
    "time": re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)", re.ASCII),
    "day": re.compile(r"(\d{1,2})(?!\d)", re.ASCII),
    "year": re.compile(r"(\d{2,4})(?!\d)", re.ASCII),
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONGEST = 100


def date_s(said: str) -> float | None:
    """In seconds since 1970; None: no date that anybody knows."""
    found: dict[str, list[int]] = {}
    for token in _BETWEEN.split(said[:LONGEST]):
        for part in ("time", "day", "month", "year"):
            if part not in found and (numbers := _numbers(part, token)) is not None:
                found[part] = numbers
                break
    try:
        (year,), (month,), (day,) = found["year"], found["month"], found["day"]
        hour, minute, second = found["time"]
        return datetime(_whole(year), month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except (KeyError, ValueError):
        return None


def _numbers(part: str, token: str) -> list[int] | None:
    if part == "month":
        begin = token[:3].lower()
        return [_MONTHS.index(begin) + 1] if begin in _MONTHS else None
    match = _PATTERNS[part].match(token)
    return None if match is None else [int(each) for each in match.groups()]


def _whole(year: int) -> int:
    """Of two digits, as RFC 6265 wants it."""
    if year >= 100:
        return year
    return year + (1900 if year >= 70 else 2000)
