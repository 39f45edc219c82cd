# mypy: ignore-errors
"""A shape that goes on when its users are there, and users that take their time to come."""

import time

from locust import HttpUser, LoadTestShape, constant, task


class Slow(HttpUser):
    wait_time = constant(0.1)

    def __init__(self, environment):
        time.sleep(0.2)
        super().__init__(environment)

    @task
    def look(self):
        self.client.get("/items")


class Steps(LoadTestShape):
    steps = ((2, 1.0), (4, 1.5), (2, 1.0))

    def __init__(self):
        super().__init__()
        self.done = 0
        self.is_counting = False

    def tick(self):
        if self.done == len(self.steps):
            return None
        users, dwell_s = self.steps[self.done]
        if self.get_current_user_count() == users and not self.is_counting:
            self.reset_time()
            self.is_counting = True
        elif self.is_counting and self.get_run_time() > dwell_s:
            self.done += 1
            self.is_counting = False
        return users, 100
