"""Gives a process that makes load its agent, and lets that hear what Locust says of its users."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import gevent
from gevent import getcurrent
from gevent.lock import RLock
from locust.env import Environment
from locust.runners import STATE_STOPPED, STATE_STOPPING

from jobload.lifecycle.user_mix import users_of
from jobload.load.own_users.locust_hooks import holder_of
from jobload.load.own_users.own_user import own_user_of
from jobload.load.process.agent import Agent, attach
from jobload.load.users.arrival_user import ArrivalUser


def give_agent(environment: Environment, agent: Agent) -> None:
    attach(environment, agent)
    if any(not issubclass(user, ArrivalUser) for user in users_of(environment).values()):
        agent.requests.listen(environment)  # users of ours report for themselves
    environment.events.user_error.add_listener(_crash_reporter(agent))
    stop_once(environment.runner)
    for name in ("stop", "quit"):
        _let_users_call(name, environment.runner, agent)


def stop_once(runner: Any, may_wait: Callable[[], bool] = lambda: True) -> None:
    """Until it has stopped, Locust 2.47 does so anew for whoever asks, and fires `test_stop`. Who
    may not wait for the other, whom a master's workers still tell something, goes on at once."""
    plain, under_way = runner.stop, RLock()

    @wraps(plain)
    def stop(*how: Any, **named: Any) -> None:
        if runner.state in (STATE_STOPPING, STATE_STOPPED) or not under_way.acquire(may_wait()):
            return
        try:
            plain(*how, **named)
        finally:
            under_way.release()

    runner.stop = stop


def _let_users_call(name: str, runner: Any, agent: Agent) -> None:
    """A task, or a listener of its requests, may end the test; who waits there for what is in
    flight would wait for itself."""
    plain = getattr(runner, name)

    @wraps(plain)
    def call(*arguments: Any, **options: Any) -> Any:
        if getcurrent() in [user.greenlet for user in agent.users]:
            return gevent.spawn(plain, *arguments, **options)
        return plain(*arguments, **options)

    vars(runner)[name] = call


def _crash_reporter(agent: Agent) -> Any:
    """What a task of somebody's own raises has failed its operation, which is all."""

    def report(user_instance: Any, exception: Exception, **_: object) -> None:
        user = getattr(user_instance, "user", user_instance)
        if (own := own_user_of(user)) is not None and own.blamed is exception:
            return
        name = holder_of(user_instance)
        agent.report_crash(f"{name}: {type(exception).__name__}: {exception}")

    return report
