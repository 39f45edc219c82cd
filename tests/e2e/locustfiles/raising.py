"""The standard locustfile, and a listener of the event E2E_EVENT that raises."""

import os

from locust import events

from locustfile import *  # noqa: F403


def _raise(**_: object) -> None:
    raise RuntimeError("a listener of somebody's own")


getattr(events, os.environ["E2E_EVENT"]).add_listener(_raise)
