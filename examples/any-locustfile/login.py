"""A login when a user begins: a request of its own, outside of any operation.

jobload run -f login.py --scenarios scenarios.yaml --scenario login --host http://127.0.0.1:8000
"""

from locust import FastHttpUser, task


class Member(FastHttpUser):
    def on_start(self) -> None:
        reply = self.client.post("/login", json={"user": "u", "password": "p"})
        self.headers = {"Authorization": f"Bearer {reply.json()['token']}"}

    @task
    def orders(self) -> None:
        self.client.get("/orders", headers=self.headers)
