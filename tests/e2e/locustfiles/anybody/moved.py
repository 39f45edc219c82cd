# mypy: ignore-errors
"""What it asks for has moved, for those who keep the cookie."""

from locust import FastHttpUser, constant, task


class Follower(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def submit(self):
        with self.rest("POST", "/api/v1/jobs", json={"n": 1}) as reply:
            assert reply.status_code == 201
