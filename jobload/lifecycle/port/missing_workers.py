"""A worker that stays away keeps its place, and costs nobody else their users.

Locust 2.47 forgets it after a minute, and with it who has which users: it starts all of them anew,
from none, at the last spawn rate (`MasterRunner.heartbeat_worker`). That takes the load away for as
long as it takes, and beside another start it ends the greenlet that finds out who is missing. The
users of one that is missing have been given to others long before.
"""

from __future__ import annotations

from typing import Any

from locust import runners

LONG_S = -float(runners.HEARTBEAT_DEAD_INTERNAL)


def never_start_anew() -> None:
    locust: Any = runners
    locust.HEARTBEAT_DEAD_INTERNAL = float("-inf")


def forget_long_missing(runner: Any) -> None:
    """Where others need the room."""
    for client in [*runner.clients.missing]:
        if client.heartbeat <= -LONG_S:
            del runner.clients[client.id]
