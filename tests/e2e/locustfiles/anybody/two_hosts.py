# mypy: ignore-errors
"""Each class has a host of its own, and one asks a third by its whole address."""

import os

from locust import HttpUser, constant, task

FIRST, SECOND = os.environ["E2E_HOSTS"].split()


class First(HttpUser):
    host = FIRST
    wait_time = constant(0.05)

    @task
    def look(self):
        self.client.get("/first")
        self.client.get(f"{SECOND}/absolute", name="elsewhere")


class Second(HttpUser):
    host = SECOND
    wait_time = constant(0.05)

    @task
    def look(self):
        self.client.get("/second")
