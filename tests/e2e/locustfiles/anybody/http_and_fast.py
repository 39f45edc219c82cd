# mypy: ignore-errors
"""Both of Locust's HTTP clients; each task makes two requests."""

from locust import FastHttpUser, HttpUser, task


class Plain(HttpUser):
    @task
    def browse(self):
        self.client.get("/first")
        self.client.post("/second", json={"n": 1})


class Fast(FastHttpUser):
    @task
    def browse(self):
        self.client.get("/first")
        with self.client.post("/second", json={"n": 1}, catch_response=True) as reply:
            reply.success()
