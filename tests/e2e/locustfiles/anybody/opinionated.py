# mypy: ignore-errors
"""Judges by itself, as Locust's documentation shows; E2E_OPINION says how."""

import os

from locust import HttpUser, constant, events, task

OPINION = os.environ["E2E_OPINION"]
asked = 0


@events.request.add_listener
def on_request(**_):
    global asked
    asked += 1
    if OPINION == "raise":
        raise RuntimeError("a listener of somebody's own")
    if OPINION == "early" and asked == 10:
        Checked.environment.process_exit_code = 1
    if OPINION == "quit" and asked == 10:
        import gevent

        gevent.spawn(Checked.environment.runner.quit)
    if OPINION in ("quit itself", "stop itself") and asked == 10:
        getattr(Checked.environment.runner, OPINION.split()[0])()


@events.init.add_listener
def on_init(environment, **_):
    Checked.environment = environment


@events.quitting.add_listener
def on_quitting(environment, **_):
    if OPINION.isdigit():
        environment.process_exit_code = int(OPINION)


class Checked(HttpUser):
    wait_time = constant(0.1)

    @task
    def look(self):
        with self.client.get("/items", catch_response=True) as reply:
            if OPINION == "one failure" and asked == 10:
                reply.failure("once")
            if OPINION == "0":
                reply.failure("always")
