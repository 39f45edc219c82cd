"""The standard locustfile, in a process that may open but few files once a run has begun."""

import resource
from pathlib import Path

from locust import events

from locustfile import *  # noqa: F403  # a locustfile that adds to it

ROOM = 30


def _starve(**_: object) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    open_now = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + ROOM, hard))


events.test_start.add_listener(_starve)
