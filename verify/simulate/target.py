"""The target, whose truth is known, and a client that stands where an HTTP client stands.

It counts everything that reaches it in a table of its own, which the promises are checked against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

import gevent

from jobload.load.http.http_error import ErrorKind, HttpError
from jobload.load.http.kernel_clock import NOT_STAMPED_S
from jobload.load.http.reply import Reply
from verify.simulate import virtual_loop
from verify.simulate.virtual_loop import NEVER, Host, current_host

RUN = b"X-Jobload-Run: "
KEY = b"Idempotency-Key: "
SHORTEST_S = 0.0002
Misbehaviour = Literal["freeze", "refuse", "fail", "slow"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """From one second to another: `freeze` answers nothing until the end of it, `refuse` takes no
    connection, `fail` answers 500 to the share `much`, `slow` takes `much` seconds more."""

    kind: Misbehaviour
    from_s: float
    until_s: float
    much: float = 1.0

    @property
    def text(self) -> str:
        much = f" ({self.much:.3g})" if self.kind in ("fail", "slow") else ""
        return f"the target begins to {self.kind}{much} for {self.until_s - self.from_s:.2f} s"


@dataclass(slots=True)
class Attempt:
    """What the target knows of one. `answered_s` is when the reply's last byte had arrived."""

    at_s: float
    host: str
    process: int
    run: str
    key: str
    status: int = 0
    answered_s: float = NEVER
    connecting_s: float = 0.0

    @property
    def took_s(self) -> float:
        return self.answered_s - self.at_s


@dataclass(slots=True)
class Target:
    draw: Random
    usual_s: float
    behaviours: Sequence[Behaviour] = ()
    connecting_s: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)

    def ask(self, request: bytes, connects: bool) -> Attempt:
        now_s = virtual_loop.loop.now_s
        host = current_host()
        attempt = Attempt(
            now_s, host.name, host.process, _header(request, RUN), _header(request, KEY)
        )
        if attempt.run:  # else it is a probe
            self.attempts.append(attempt)
        attempt.connecting_s = self.connecting_s if connects else 0.0
        took_s = self.usual_s * self.draw.uniform(0.7, 1.3) + attempt.connecting_s
        attempt.status, attempt.answered_s = 201, now_s + max(SHORTEST_S, took_s)
        for each in self.behaviours:
            if each.kind == "freeze":
                if each.from_s < attempt.answered_s and now_s < each.until_s:
                    rest_s = self.usual_s * self.draw.uniform(0.1, 1.0)
                    attempt.answered_s = each.until_s + rest_s
            elif each.from_s <= now_s < each.until_s:
                match each.kind:
                    case "refuse":
                        attempt.status, attempt.answered_s = 0, now_s + SHORTEST_S
                    case "fail" if self.draw.random() < each.much:
                        attempt.status = 500
                    case "slow":
                        attempt.answered_s += each.much
        return attempt


class Client:
    def __init__(self, target: Target, on_connected: Callable[[float], None] | None) -> None:
        self._target = target
        self._on_connected = on_connected
        self._is_connected = False

    def exchange(
        self, request: bytes, timeout_s: float, *, expect_body: bool = True, began_s: float = 0.0
    ) -> Reply:
        host = current_host()
        sent_s, sent_at_s = host.monotonic_s(), virtual_loop.loop.now_s
        attempt = self._target.ask(request, not self._is_connected)
        deadline_s = sent_at_s + timeout_s / host.rate
        try:
            gevent.sleep((min(attempt.answered_s, deadline_s) - sent_at_s) * host.rate)
        except BaseException:
            self._is_connected = False
            raise
        if not attempt.status or attempt.answered_s > deadline_s:
            self._is_connected = False
            raise self._error(attempt, host.monotonic_s() - sent_s, timeout_s)
        if not self._is_connected and self._on_connected is not None:
            self._on_connected(attempt.connecting_s)
        self._is_connected = True
        return self._reply(attempt, host, sent_s)

    def _error(self, attempt: Attempt, after_s: float, timeout_s: float) -> HttpError:
        if attempt.status:
            error = HttpError(ErrorKind.TIMEOUT, f"no complete reply within {timeout_s:g} s")
        else:
            error = HttpError(ErrorKind.CONNECT_REFUSED, "Connection refused")
        error.after_s = after_s
        return error

    def _reply(self, attempt: Attempt, host: Host, sent_s: float) -> Reply:
        """With its times as `load/http/connection.py` tells them: the kernel's stamp is of the wall
        clock."""
        reply = Reply(attempt.status, b'{"id": "1"}', b"")
        reply.read_s = host.monotonic_s()
        reply.target_s, reply.lag_s = reply.read_s - sent_s, NOT_STAMPED_S
        lag_s = host.wall_s() - host.wall_s(attempt.answered_s)
        if 0.0 <= lag_s < reply.target_s:
            reply.lag_s = lag_s
            reply.target_s -= lag_s
        return reply

    def close(self) -> None:
        self._is_connected = False


def client_factory(target: Target) -> Callable[..., Any]:
    """In place of `client_for`, and of the class whose clients ask whether the target is there."""
    return lambda _origin, on_connected=None, **_: Client(target, on_connected)


def _header(request: bytes, name: bytes) -> str:
    start = request.find(name)
    if start < 0:
        return ""
    return request[start + len(name) : request.index(b"\r", start)].decode()
