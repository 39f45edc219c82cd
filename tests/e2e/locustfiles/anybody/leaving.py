# mypy: ignore-errors
"""Users that have had enough after a while, and say so in Locust's way."""

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Guest(HttpUser):
    wait_time = constant(0.1)
    visits = 0

    @task
    def visit(self):
        self.client.get("/items")
        self.visits += 1
        if self.visits == 10:
            raise StopUser
