# mypy: ignore-errors
"""A shape of its own: first one class, then both; Locust keeps to those named last."""

from locust import HttpUser, LoadTestShape, constant, task


class Member(HttpUser):
    wait_time = constant(0.1)

    @task
    def read(self):
        self.client.get("/member")


class Guest(HttpUser):
    wait_time = constant(0.1)

    @task
    def read(self):
        self.client.get("/guest")


class Steps(LoadTestShape):
    def tick(self):
        now_s = self.get_run_time()
        if now_s < 2.5:
            return (2, 10, [Member])
        if now_s < 3.5:
            return (3, 10)
        if now_s < 6.5:
            return (6, 10, [Member, Guest])
        return None
