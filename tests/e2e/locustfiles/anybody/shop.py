# mypy: ignore-errors
"""Somebody's own, which knows nothing of jobload."""

from locust import HttpUser, constant, task


class Shopper(HttpUser):
    wait_time = constant(0.05)

    def on_start(self):
        self.client.post("/login", json={"user": "u"})

    @task(3)
    def browse(self):
        self.client.get("/items")

    @task
    def buy(self):
        self.client.post("/orders", json={"item": 17})
        self.client.get("/orders/17", name="/orders/[id]")
