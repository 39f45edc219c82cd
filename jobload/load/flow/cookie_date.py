"""When a cookie ends, in any of the forms that servers write (RFC 6265, 5.1.1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_BETWEEN = re.compile(r"[\t -/;-@\[-`{-~]+")
_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)", re.ASCII)
_DAY = re.compile(r"(\d{1,2})(?!\d)", re.ASCII)
_YEAR = re.compile(r"(\d{2,4})(?!\d)", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONGEST = 100


def date_s(said: str) -> float | None:
    """In seconds since 1970; None: no date that anybody knows."""
    found: dict[str, list[int]] = {}
    for token in _BETWEEN.split(said[:LONGEST]):
        for part, read in (("time", _time), ("day", _day), ("month", _month), ("year", _year)):
            if part not in found and (numbers := read(token)) is not None:
                found[part] = numbers
                break
    try:
        (year,), (month,), (day,) = found["year"], found["month"], found["day"]
        hour, minute, second = found["time"]
        return datetime(_whole(year), month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except (KeyError, ValueError):
        return None


def _numbers(pattern: re.Pattern[str], token: str) -> list[int] | None:
    match = pattern.match(token)
    return None if match is None else [int(each) for each in match.groups()]


def _time(token: str) -> list[int] | None:
    return _numbers(_TIME, token)


def _day(token: str) -> list[int] | None:
    return _numbers(_DAY, token)


def _month(token: str) -> list[int] | None:
    begin = token[:3].lower()
    return [_MONTHS.index(begin) + 1] if begin in _MONTHS else None


def _year(token: str) -> list[int] | None:
    return _numbers(_YEAR, token)


def _whole(year: int) -> int:
    """Of two digits, as RFC 6265 wants it."""
    if year >= 100:
        return year
    return year + (1900 if year >= 70 else 2000)
