# mypy: ignore-errors
"""A shape of its own, of users that each make five requests a second."""

import os

from locust import FastHttpUser, LoadTestShape, constant_throughput, task


class Reader(FastHttpUser):
    wait_time = constant_throughput(5)

    @task
    def look(self):
        self.client.get("/items")


class Steps(LoadTestShape):
    """Of all users the last step is the most."""

    def tick(self):
        now_s = self.get_run_time()
        for step in os.environ["E2E_STEPS"].split():
            until_s, users = step.split(":")
            if now_s < float(until_s):
                return int(users), 10
        return None
