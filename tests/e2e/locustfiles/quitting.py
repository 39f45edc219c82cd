"""The standard one; before it has any worker, its master is told to quit."""

from typing import Any

from locust import events
from locust.runners import MasterRunner

from locustfile import *  # noqa: F403  # a locustfile that adds to it


def quit_at_once(runner: Any, **_: object) -> None:
    if isinstance(runner, MasterRunner):
        runner.quit()


events.init.add_listener(quit_at_once)
