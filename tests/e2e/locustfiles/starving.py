"""The standard locustfile, in processes that may open but few files once their users are there."""

import resource
from pathlib import Path

from locust import FastHttpUser, HttpUser, events, task

from locustfile import *  # noqa: F403  # a locustfile that adds to it

ROOM = 30


class Browser(HttpUser):
    @task
    def browse(self) -> None:
        self.client.get("/items")


class FastBrowser(FastHttpUser):
    @task
    def browse(self) -> None:
        self.client.get("/items")


def _starve(**_: object) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    open_now = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + ROOM, hard))


events.spawning_complete.add_listener(_starve)
