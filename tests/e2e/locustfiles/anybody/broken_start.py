# mypy: ignore-errors
"""One of its users can't begin."""

from locust import HttpUser, constant, task


class Sound(HttpUser):
    wait_time = constant(0.05)

    @task
    def look(self):
        self.client.get("/items")


class Broken(Sound):
    def on_start(self):
        raise KeyError("password")
