# mypy: ignore-errors
"""Two of one kind whatever the number, the others by weight; some tasks have tags."""

from locust import HttpUser, constant, tag, task


class Admin(HttpUser):
    fixed_count = 1
    wait_time = constant(0.1)

    @tag("read")
    @task
    def look(self):
        self.client.get("/admin", name=f"/admin/{id(self)}")


class Reader(HttpUser):
    weight = 3
    wait_time = constant(0.1)

    @tag("read")
    @task
    def read(self):
        self.client.get("/read", name=f"/read/{id(self)}")

    @tag("write")
    @task
    def write(self):
        self.client.post("/write")


class Writer(HttpUser):
    weight = 1
    wait_time = constant(0.1)

    @tag("read")
    @task
    def read(self):
        self.client.get("/writer", name=f"/writer/{id(self)}")
