"""A worker that stays away keeps its place, and costs nobody else their users.

Locust 2.47 forgets it after a minute, and with it who has which users: it starts all of them anew,
from none, at the last spawn rate (`MasterRunner.heartbeat_worker`). That takes the load away for as
long as it takes, and beside another start it ends the greenlet that finds out who is missing. The
users of one that is missing have been given to others long before. Nor does a test wait for it to
have stopped.
"""

from __future__ import annotations

from typing import Any

from locust import runners
from locust.runners import (
    STATE_INIT,
    STATE_MISSING,
    STATE_STOPPED,
    STATE_STOPPING,
    MasterRunner,
)

LONG_S = -float(runners.HEARTBEAT_DEAD_INTERNAL)


def never_start_anew() -> None:
    locust: Any = runners
    locust.HEARTBEAT_DEAD_INTERNAL = float("-inf")


def stop_without_the_missing(runner: MasterRunner) -> None:
    """Else a test whose others are ready again would go on stopping, and no other could begin."""
    plain = runner.check_stopped

    def check_stopped() -> None:
        plain()
        states = {client.state for client in runner.clients.all}
        if runner.state == STATE_STOPPING and states <= {STATE_INIT, STATE_MISSING}:
            runner.update_state(STATE_STOPPED)

    runner.check_stopped = check_stopped  # type: ignore[method-assign]  # in place of Locust's


def forget_long_missing(runner: Any) -> None:
    """Where others need the room."""
    for client in [*runner.clients.missing]:
        if client.heartbeat <= -LONG_S:
            del runner.clients[client.id]
