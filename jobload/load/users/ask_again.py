"""What there is to do about a reply that says: not now. It is told, since nobody waits unasked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jobload.load.http.retry_after import asked_wait_s
from jobload.plan.duration import format_duration

if TYPE_CHECKING:
    from jobload.load.http.reply import Reply
    from jobload.load.users.retry_policy import RetryPolicy

NOT_NOW = frozenset({404, 408, 409, 423, 425, 429, 500, 502, 503, 504})
"""A job that is not to be seen yet, or one that nobody can ask for right now."""


def way_on(reply: Reply, good: Iterable[int | str]) -> str:
    """Before what a poll's reply says; `good` are the statuses that its step expects."""
    statuses = ", ".join(map(str, [*good, reply.status]))
    return _ends(reply, f"expect: {{status: [{statuses}]}}")


def way_on_in_python(reply: Reply) -> str:
    return _ends(reply, f"give it statuses= with {reply.status} among them")


def _ends(reply: Reply, otherwise: str) -> str:
    return f"this ends a poll; to ask on, {otherwise}: " if reply.status in NOT_NOW else ""


def too_long(reply: Reply | None, retry: RetryPolicy) -> str:
    """Before what the reply says, which is not tried again for this reason."""
    if reply is None or not retry.obeys_server or reply.status not in retry.statuses:
        return ""
    asked_s = asked_wait_s(reply)
    if asked_s is None or asked_s <= retry.longest_wait_s:
        return ""
    longest = format_duration(retry.longest_wait_s)
    return f"not tried again: Retry-After is {asked_s:g} s, and the scenario's timeout {longest}: "
