# mypy: ignore-errors
"""A class to derive from that does not say so, and one with a header of each user's own."""

from locust import HttpUser, constant, task


class Base(HttpUser):
    wait_time = constant(0.1)

    def __init__(self, environment):
        super().__init__(environment)
        self.client.headers["X-Forwarded-For"] = "10.10.0.1"


class Visitor(Base):
    @task
    def look(self):
        self.client.get("/items")
