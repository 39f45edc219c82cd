"""Cookies of one user, as far as one origin needs them (RFC 6265)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import NamedTuple

MOST = 100
LONGEST = 4096


class _Cookie(NamedTuple):
    value: str
    until_s: float


class Cookies:
    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], _Cookie] = {}
        """By path and name."""

    def __bool__(self) -> bool:
        return bool(self._kept)

    def take(self, head: bytes, target: str) -> None:
        """Those that a reply to `target` sets, or takes back; `head` is its own."""
        for line in head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                self._set(value.strip(), target.partition("?")[0])

    def header(self, target: str) -> bytes | None:
        """What the header Cookie says to this target; longer paths come first."""
        path, now_s = target.partition("?")[0], monotonic()
        found = [
            f"{name}={cookie.value}"
            for (of, name), cookie in sorted(self._kept.items(), key=lambda kept: -len(kept[0][0]))
            if cookie.until_s > now_s and _is_below(path, of)
        ]
        return "; ".join(found).encode("latin-1") if found else None

    def _set(self, said: str, asked: str) -> None:
        pair, *attributes = said.split(";")
        name, equals, value = pair.strip().partition("=")
        if not equals or not name.strip() or len(pair) > LONGEST:
            return
        given = {
            key.strip().lower(): v.strip() for key, _, v in (a.partition("=") for a in attributes)
        }
        path = given.get("path", "")
        if not path.startswith("/"):
            path = asked.rpartition("/")[0] or "/"
        left_s = _left_s(given)
        if left_s <= 0:
            self._kept.pop((path, name.strip()), None)
        elif len(self._kept) < MOST or (path, name.strip()) in self._kept:
            self._kept[path, name.strip()] = _Cookie(value.strip(), monotonic() + left_s)


def _left_s(given: dict[str, str]) -> float:
    age = given.get("max-age", "")
    if age.lstrip("-").isdigit():
        return float(age[:12])
    if expires := given.get("expires"):
        try:
            until = parsedate_to_datetime(expires)
        except (ValueError, TypeError):
            return float("inf")
        until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
        return (until - datetime.now(UTC)).total_seconds()
    return float("inf")


def _is_below(path: str, of: str) -> bool:
    return path == of or (path.startswith(of) and (of.endswith("/") or path[len(of)] == "/"))
