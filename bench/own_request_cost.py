"""What it costs to measure a request of somebody's own Locust user, more than Locust alone.

The client answers at once, so that nothing else is seen: a task fires `events.request`, once, or
ten times. Both are run in turn, many times. Prints µs of CPU a request with one in each task.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import process_time
from typing import Any

import gevent
from locust import TaskSet, User, constant, task
from locust.env import Environment
from locust.exception import StopUser

from jobload.load.http.origin import Origin
from jobload.load.own_users.locust_hooks import hook_into_locust
from jobload.load.process.agent import Agent, attach
from jobload.load.process.assignment import Assignment
from jobload.load.process.state import State
from jobload.load.users.locust_feed import LocustFeed
from jobload.plan.scenario import load_scenario

TASKS = 3_000
ROUNDS = 25
HOOKED = ((User, "start"), (User, "stop"), (TaskSet, "execute_next_task"), (TaskSet, "wait"))
PLAN = {
    "name": "bench",
    "shape": "staged",
    "stages": [{"name": "hold", "duration": "1h", "users": 1}],
}


def cost_us(requests_each: int = 1) -> float:
    """The median over rounds of the difference within a round."""
    hook_into_locust()
    differences = []
    for _ in range(ROUNDS):
        with _locust_alone():
            alone_us = _round_us(requests_each, measured=False)
        differences.append(_round_us(requests_each, measured=True) - alone_us)
    return median(differences)


@contextmanager
def _locust_alone() -> Iterator[None]:
    hooks = [(owner, name, getattr(owner, name)) for owner, name in HOOKED]
    for owner, name, hook in hooks:
        setattr(owner, name, hook.__wrapped__)
    yield
    for owner, name, hook in hooks:
        setattr(owner, name, hook)


def _round_us(requests_each: int, *, measured: bool) -> float:
    environment: Any = Environment(user_classes=[])
    runner = environment.create_local_runner()
    agent = _agent(environment) if measured else None
    user = _user_class(requests_each)(environment)
    began_s = process_time()
    user.start(runner.user_greenlets).join()
    took_s = process_time() - began_s
    if agent is not None:
        _check(agent, requests_each)
    runner.quit()
    return 1e6 * took_s / (TASKS * requests_each)


def _agent(environment: Any) -> Agent:
    agent = Agent("bench", lambda: 0, lambda _: None, LocustFeed(environment))
    attach(environment, agent)
    agent.requests.listen(environment)
    origin = Origin.parse("http://127.0.0.1:1")
    agent.begin(Assignment("run", origin, (load_scenario(PLAN),)), {})
    agent.follow(State("run", 1, "load", 0, 0, 0.0, None))
    gevent.sleep(0)
    return agent


def _check(agent: Agent, requests_each: int) -> None:
    agent.finish(1.0)
    (step,) = agent.recorder.stages[0, 0].steps.values()
    if step.succeeded != TASKS * requests_each:
        raise RuntimeError(f"{step.succeeded} of {TASKS * requests_each} requests were counted")


def _user_class(requests_each: int) -> type[User]:
    class Quick(User):
        wait_time = constant(0)
        done = 0

        @task
        def ask(self) -> None:
            fire = self.environment.events.request.fire
            for n in range(requests_each):
                fire(
                    request_type="GET",
                    name="/items",
                    response_time=1.0 + n,
                    response_length=100,
                    exception=None,
                    context={},
                )
            self.done += 1
            if self.done == TASKS:
                raise StopUser

    return Quick


if __name__ == "__main__":
    print(cost_us())
