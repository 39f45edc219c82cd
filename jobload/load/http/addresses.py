"""The addresses of one host, as all users of a process know them."""

from __future__ import annotations

from _socket import AI_NUMERICHOST, SOCK_STREAM, gaierror
from _socket import getaddrinfo as getaddrinfo_of_numbers
from collections import deque
from collections.abc import Sequence
from itertools import count, groupby
from time import perf_counter
from typing import Any

import gevent
from gevent.socket import getaddrinfo

from jobload.load.http.http_error import ErrorKind, HttpError
from jobload.load.http.origin import Origin

Address = tuple[int, Any]
AGAIN_AFTER_S = 1.0
"""No sooner, however many users find that none of the addresses answers."""
GOOD_FOR_S = 30.0
"""Connections that are opened later than this look the name up again."""


class Addresses:
    """Looked up once for all, and however many give up on a resolver that does not answer, one
    question waits for it: threads for that are few. Each user is given them from another place on,
    so that several addresses of a family share the connections."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._found: tuple[Address, ...] = ()
        self._until_s = 0.0
        self._looked_up_s = 0.0
        self._looking_up: gevent.Greenlet[[], str] | None = None
        self._turns = count()

    def known(self) -> tuple[Address, ...]:
        """Looks the name up where that was long ago; HttpError without any address."""
        if self._is_stale and not (self._found and self._looking_up):
            if self._looking_up is None:
                self._looking_up = gevent.spawn(self._look_up)
            if trouble := self._looking_up.get():
                raise HttpError(ErrorKind.DNS, trouble)
        return self._found

    def doubt(self, failed: tuple[Address, ...]) -> None:
        """Every one of them has failed: the name may lead elsewhere by now."""
        if failed == self._found and perf_counter() - self._looked_up_s > AGAIN_AFTER_S:
            self._until_s = 0.0

    def in_turn(self, addresses: Sequence[Address]) -> deque[Address]:
        """One family after the other, as the system prefers them, each from another place on."""
        turn = next(self._turns)
        order: deque[Address] = deque()
        for _, group in groupby(addresses, key=lambda address: address[0]):
            family = deque(group)
            family.rotate(-turn)
            order += family
        return order

    @property
    def _is_stale(self) -> bool:
        return perf_counter() >= self._until_s

    def _look_up(self) -> str:
        """What is wrong, where that leaves no address."""
        try:
            found = _look_up(self._origin)
        except (gaierror, UnicodeError) as error:
            if not self._found:
                return f"{self._origin.host}: {error.args[-1]}"
            found = self._found  # nor is a resolver in trouble asked by each user
        finally:
            self._looking_up = None
        if set(found) != set(self._found):  # many resolvers change the order each time
            self._found = found
        self._looked_up_s = perf_counter()
        self._until_s = self._looked_up_s + GOOD_FOR_S
        return ""


def _look_up(origin: Origin) -> tuple[Address, ...]:
    where = (origin.host, origin.port, 0, SOCK_STREAM, 0)
    try:
        found: Sequence[Any] = getaddrinfo_of_numbers(*where, AI_NUMERICHOST)
    except gaierror:
        found = getaddrinfo(*where)
    return tuple((family, address) for family, _, _, _, address in found)
