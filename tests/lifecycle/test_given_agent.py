from __future__ import annotations

from time import monotonic
from typing import Any
from unittest.mock import Mock

import gevent
from locust import User
from locust.env import Environment
from locust.runners import STATE_RUNNING
from locust.user.task import DefaultTaskSet

from jobload.lifecycle.given_agent import give_agent, stop_once


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


def test_whoever_stops_a_test_while_another_does_waits_for_that() -> None:
    """A locustfile's own `quit()`, and the end of the shape that comes of it."""
    environment = Environment(user_classes=[User])
    runner = environment.create_local_runner()
    give_agent(environment, Mock(users=[]))
    told: list[str] = []
    environment.events.test_stopping.add_listener(lambda **_: gevent.sleep(0))
    environment.events.test_stop.add_listener(lambda **_: told.append("stop"))
    gevent.joinall([gevent.spawn(end) for end in (runner.quit, runner.stop, runner.stop)])
    assert told == ["stop"]


def test_a_master_stops_a_test_once_too_and_hears_its_workers_meanwhile() -> None:
    environment = Environment(user_classes=[User])
    runner = environment.create_master_runner("127.0.0.1", 0)
    stop_once(runner, lambda: gevent.getcurrent() is not words)
    runner.state = STATE_RUNNING
    told: list[str] = []
    environment.events.test_stopping.add_listener(lambda **_: words.join(timeout=1))
    environment.events.test_stop.add_listener(lambda **_: told.append("stop"))
    began_s = monotonic()
    stops = [gevent.spawn(runner.stop, send_stop_to_client=False) for _ in range(2)]
    words: Any = gevent.spawn(runner.stop)
    try:
        gevent.joinall([*stops, words])
        assert told == ["stop"]
        assert monotonic() - began_s < 1
    finally:
        runner.greenlet.kill(block=True)
        runner.server.close()
        runner.server.socket.context.term()
