"""Gives a process that makes load its agent, and lets that hear what Locust says of its users."""

from __future__ import annotations

from typing import Any

from locust.env import Environment

from jobload.lifecycle.user_mix import users_of
from jobload.load.process.agent import Agent, attach
from jobload.load.users.arrival_user import ArrivalUser
from jobload.load.users.locust_hooks import own_user_of


def give_agent(environment: Environment, agent: Agent) -> None:
    attach(environment, agent)
    _hear_own_users(environment, agent)
    environment.events.user_error.add_listener(_crash_reporter(agent))


def _hear_own_users(environment: Environment, agent: Agent) -> None:
    """Users that are all ours report for themselves, and need no event for each request."""
    if any(not issubclass(user, ArrivalUser) for user in users_of(environment).values()):
        agent.requests.listen(environment)


def _crash_reporter(agent: Agent) -> Any:
    """What a task of somebody's own raises has failed its operation, which is all."""

    def report(user_instance: Any, exception: Exception, **_: object) -> None:
        user = getattr(user_instance, "user", user_instance)
        if (own := own_user_of(user)) is not None and own.blamed is exception:
            return
        name = type(user_instance).__name__
        agent.report_crash(f"{name}: {type(exception).__name__}: {exception}")

    return report
