"""A locustfile as Locust has it; nothing in it knows of jobload.

Before:  locust -f shop.py --headless -u 20 -r 5 -t 35s --host http://127.0.0.1:8000
After:   jobload run -f shop.py --scenarios scenarios.yaml --scenario shop --host http://127.0.0.1:8000
"""

from typing import Any

from locust import HttpUser, between, task


class Shopper(HttpUser):
    wait_time = between(1, 3)

    @task(3)
    def browse(self) -> None:
        self.client.get("/items")
        self.client.get("/items/17", name="/items/[id]")

    @task
    def buy(self) -> None:
        reply: Any
        with self.client.post("/orders", json={"item": 17}, catch_response=True) as reply:
            if "order_id" not in reply.json():
                reply.failure("no order_id")
