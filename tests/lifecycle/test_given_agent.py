from __future__ import annotations

from unittest.mock import Mock

from locust import User
from locust.env import Environment
from locust.user.task import DefaultTaskSet

from jobload.lifecycle.given_agent import give_agent


def test_a_crash_before_a_task_is_told_by_a_class_that_the_file_knows() -> None:
    """What a TaskSet's `on_start` raises is told by the one around it, of Locust's own making."""

    class Visitor(User):
        pass

    environment = Environment(user_classes=[Visitor])
    environment.create_local_runner()
    agent = Mock(users=[])
    give_agent(environment, agent)
    around = DefaultTaskSet(Visitor(environment))
    environment.events.user_error.fire(user_instance=around, exception=KeyError("auth"), tb=None)
    agent.report_crash.assert_called_once_with("Visitor: KeyError: 'auth'")
