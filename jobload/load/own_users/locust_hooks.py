"""The places where Locust 2.47 starts users, runs their tasks and lets them wait.

It offers no events there: `events.request` says nothing of tasks, and what a user does between
them. So these four methods are replaced, once in a process and by ones that do what they did
before for every user that is not minded:

- `User.start`: the user is minded from there on, in a process that makes load
- `User.stop`: it asks for no more arrivals
- `TaskSet.execute_next_task`: an operation, unless what comes next is a TaskSet of its own, or a
  task under way runs this one by itself
- `TaskSet.wait`: with a rate nobody waits between tasks; who waits within one is stopped after it
"""

from __future__ import annotations

from functools import cache, wraps
from types import SimpleNamespace
from typing import Any

import gevent
from gevent import GreenletExit, getcurrent
from locust import TaskSet, User
from locust.user.task import DefaultTaskSet
from locust.user.users import PytestUser

from jobload.load.own_users.caught_replies import tell_of_caught_replies
from jobload.load.own_users.own_operation import current_operation
from jobload.load.own_users.own_user import OwnUser, own_user_of
from jobload.load.process.agent import agent_if_any
from jobload.load.users.arrival_user import ArrivalUser


@cache
def hook_into_locust() -> None:
    user: Any = User
    taskset: Any = TaskSet
    start_plainly, stop_plainly = user.start, user.stop
    execute_plainly, wait_plainly = taskset.execute_next_task, taskset.wait

    @wraps(start_plainly)
    def start(self: Any, group: Any) -> Any:
        greenlet = start_plainly(self, group)
        agent = agent_if_any(self.environment)
        if agent is not None and not isinstance(self, ArrivalUser):
            _mind(self, OwnUser(self, agent), greenlet)
        return greenlet

    @wraps(stop_plainly)
    def stop(self: Any, force: bool = False) -> Any:
        if (own := own_user_of(self)) is not None and getcurrent() is not own.greenlet:
            own.stop_asking()  # else it leaves by itself
        return stop_plainly(self, force)

    @wraps(execute_plainly)
    def execute_next_task(self: Any) -> None:
        own = own_user_of(self._user)
        if own is None or _is_taskset(task := self._task_queue[0]):
            execute_plainly(self)
        elif (operation := current_operation()) is not None:
            own.go_on(operation, execute_plainly, self)
        elif own.is_stopped:  # it is in its on_stop
            execute_plainly(self)
        else:
            own.operate(_label(self, task), execute_plainly, self)

    @wraps(wait_plainly)
    def wait(self: Any) -> None:
        own = own_user_of(self.user)
        if own is None:
            wait_plainly(self)
        elif current_operation() is not None and not own.has_stopped_itself:
            self._sleep(self.wait_time())
        elif own.is_paced:
            own.skip_wait()
        elif own.is_stopped:  # it is in its on_stop
            wait_plainly(self)
        else:
            wait_plainly(self)
            own.await_kill()

    user.start, user.stop = start, stop
    taskset.execute_next_task, taskset.wait = execute_next_task, wait
    tell_of_caught_replies()


def _mind(user: Any, own: OwnUser, greenlet: Any) -> None:
    greenlet.link(lambda _: gevent.spawn(own.gone) if own.caught else own.gone())
    if isinstance(user, PytestUser):
        user.functions = [_minded_function(own, each) for each in user.functions]


def _minded_function(own: OwnUser, function: Any) -> Any:
    """A test function of pytest, which Locust calls without any TaskSet."""

    def run(fixture: object) -> None:
        if own.is_stopped:
            raise GreenletExit  # PytestUser never looks whether it was
        own.operate(function.name, function.obj, fixture)

    return SimpleNamespace(fixturedef=function.fixturedef, obj=run)


def _is_taskset(task: object) -> bool:
    return isinstance(task, type) and issubclass(task, TaskSet)


def holder_of(taskset: Any) -> str:
    """The user class holds what Locust runs in a TaskSet of its own making."""
    return type(taskset.user if isinstance(taskset, DefaultTaskSet) else taskset).__name__


def _label(taskset: Any, task: object) -> str:
    """Not kept by the task, which may be another object each time: a method of a TaskSet that is
    made anew whenever it is entered."""
    return f"{holder_of(taskset)}.{getattr(task, '__name__', None) or type(task).__name__}"
