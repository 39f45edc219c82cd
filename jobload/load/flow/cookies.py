"""Cookies of one user, as far as one origin needs them (RFC 6265, and what browsers do besides)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import monotonic, time
from typing import NamedTuple

from jobload.load.flow.cookie_date import date_s
from jobload.load.http.origin import Origin
from jobload.plan.loopback import leads_to_loopback

MOST = 100
LONGEST = 4096
_BLANKS = " \t"
"""No others: a value may be UTF-8, of which Latin-1 would make some."""
_AGE = re.compile(r"-?\d{1,18}", re.ASCII)
_FOR_EVER_S = float("inf")
may_set_cookie = re.compile(rb"\n[Ss][Ee][Tt]-[Cc][Oo]").search
"""Of a head, and perhaps more: cheaper than to look for the word in each way of writing it."""


class _Cookie(NamedTuple):
    value: str
    until_s: float


class _RefusedError(Exception):
    """Half a sentence on why."""


class Cookies:
    def __init__(self, origin: Origin) -> None:
        self._host = origin.host
        self._is_secure = origin.scheme == "https" or leads_to_loopback(origin.host)
        self._kept: dict[tuple[str, str, str], _Cookie] = {}
        """By path, name and reach, the oldest first. One for a domain is another than one for the
        host alone, even if the domain is the host: as in browsers and curl (RFC 6265bis, 5.7)."""

    def __bool__(self) -> bool:
        return bool(self._kept)

    def take(self, head: bytes, target: str) -> list[str]:
        """Those that a reply to `target` sets, or takes back; `head` is its own. Returns which are
        refused, and why."""
        fields = [*_fields(head)]
        refused = []
        for name, said in fields:
            if name == "set-cookie":
                try:
                    self._set(said, target.partition("?")[0], fields)
                except _RefusedError as why:
                    refused.append(f"the cookie {said.partition('=')[0].strip(_BLANKS)} {why}")
        return refused

    def header(self, target: str) -> bytes | None:
        """What the header Cookie says to this target; longer paths come first."""
        path, now_s = target.partition("?")[0], monotonic()
        found = [
            f"{name}={cookie.value}"
            for (of, name, _), cookie in sorted(
                self._kept.items(), key=lambda kept: -len(kept[0][0])
            )
            if cookie.until_s > now_s and _is_below(path, of)
        ]
        return "; ".join(found).encode("latin-1") if found else None

    def _set(self, said: str, asked: str, fields: list[tuple[str, str]]) -> None:
        pair, *attributes = said.split(";")
        name, equals, value = (part.strip(_BLANKS) for part in pair.partition("="))
        if not equals or not name:
            raise _RefusedError("has no name and value")
        if len(pair) > LONGEST:
            raise _RefusedError(f"is longer than {LONGEST} bytes")
        given = {
            key.strip(_BLANKS).lower(): v.strip(_BLANKS)
            for key, _, v in (each.partition("=") for each in attributes)
        }
        reach = self._checked_reach(name.lower(), given)
        path = given.get("path", "")
        if not path.startswith("/"):
            path = asked.rpartition("/")[0] or "/"
        key, left_s = (path, name, reach), _left_s(given, fields)
        if left_s <= 0:
            self._kept.pop(key, None)
            return
        if len(self._kept) >= MOST and key not in self._kept:
            self._make_room()
        self._kept[key] = _Cookie(value, monotonic() + left_s)

    def _checked_reach(self, name: str, given: dict[str, str]) -> str:
        domain = given.get("domain", "").removeprefix(".").lower()
        if domain and not _is_within(self._host, domain):
            raise _RefusedError(f"is of the domain {domain}, and this is {self._host}")
        if "secure" in given and not self._is_secure:
            raise _RefusedError("is Secure, and this is http://")
        if name.startswith(("__secure-", "__host-")) and "secure" not in given:
            raise _RefusedError("has a name that asks for Secure")
        if name.startswith("__host-") and (domain or given.get("path") != "/"):
            raise _RefusedError("has a name that asks for Path=/ and no Domain")
        return f".{domain}" if _is_name(domain) else self._host

    def _make_room(self) -> None:
        """Without those that are over, or else without the oldest."""
        now_s = monotonic()
        over = [key for key, cookie in self._kept.items() if cookie.until_s <= now_s]
        for key in over or [next(iter(self._kept))]:
            del self._kept[key]


def _fields(head: bytes) -> Iterator[tuple[str, str]]:
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        yield name.lower(), value.strip(_BLANKS)


def _is_within(host: str, domain: str) -> bool:
    """A domain of one label, such as com, is nobody's own; an address is in none."""
    if host == domain:
        return True
    return _is_name(host) and "." in domain and host.endswith(f".{domain}")


def _is_name(host: str) -> bool:
    return "." in host and not host.replace(".", "").isdecimal() and ":" not in host


def _left_s(given: dict[str, str], fields: list[tuple[str, str]]) -> float:
    if _AGE.fullmatch(age := given.get("max-age", "")):
        return float(age)
    if (until_s := date_s(given.get("expires", ""))) is None:
        return _FOR_EVER_S
    # By the server's own clock where it tells it, as browsers do: the two may differ.
    now_s = date_s(next((value for name, value in fields if name == "date"), ""))
    return until_s - (time() if now_s is None else now_s)


def _is_below(path: str, of: str) -> bool:
    return path == of or (path.startswith(of) and (of.endswith("/") or path[len(of)] == "/"))
