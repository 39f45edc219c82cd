"""The standard locustfile, and workers that note when the master has answered each heartbeat."""

import os
import time
from pathlib import Path

from locust import events

from locustfile import *  # noqa: F403  # a locustfile that adds to it


def note(**_: object) -> None:
    path = Path(os.environ["E2E_HEARTBEATS"]) / str(os.getpid())
    with path.open("a") as file:
        file.write(f"{time.monotonic()}\n")


events.heartbeat_received.add_listener(note)
