# mypy: ignore-errors
"""What its users would wait is longer than any test of ours."""

from locust import HttpUser, constant, task


class Reader(HttpUser):
    wait_time = constant(600)

    @task
    def read(self):
        self.client.get("/items")
