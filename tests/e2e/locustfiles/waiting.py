"""The standard locustfile, and a listener of the event E2E_EVENT that never returns."""

import os

from gevent.event import Event
from locust import events

from locustfile import *  # noqa: F403  # a locustfile that adds to it


def _wait(**_: object) -> None:
    print("A listener waits.", flush=True)
    Event().wait()


getattr(events, os.environ["E2E_EVENT"]).add_listener(_wait)
