"""The standard one; somebody stops the first test before Locust has come to begin it."""

from typing import Any

from locust import events

from locustfile import *  # noqa: F403  # a locustfile that adds to it


def stop_the_first(environment: Any, **_: object) -> None:
    runner = environment.runner
    start = runner.start_shape

    def start_and_stop() -> None:
        runner.start_shape = start
        start()
        runner.stop()

    runner.start_shape = start_and_stop


events.init.add_listener(stop_the_first)
