# mypy: ignore-errors
"""A task that lets nobody else have a turn, nor itself any CPU."""

from gevent import monkey
from locust import HttpUser, task


class Thinker(HttpUser):
    @task
    def think(self):
        self.client.get("/items")
        print("lets nobody have a turn", flush=True)
        monkey.get_original("time", "sleep")(600)
