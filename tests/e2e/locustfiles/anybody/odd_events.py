# mypy: ignore-errors
"""A client of somebody's own that is careless about what it says of its requests."""

from locust import User, constant, task


class Careless(User):
    wait_time = constant(0.05)

    def tell(self, **odd):
        plain = {"request_type": "RPC", "response_time": 5, "response_length": 0, "exception": None}
        self.environment.events.request.fire(**{**plain, "context": {}, **odd})

    @task
    def call(self):
        self.tell(name="timeless", response_time=None)
        self.tell(name="half a \ud800 character")
        self.tell(name="endless", response_length=10**30)
