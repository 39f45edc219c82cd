# mypy: ignore-errors
"""Its tasks ask for nothing."""

from locust import User, constant, task


class Printer(User):
    wait_time = constant(0.1)

    @task
    def print_it(self):
        print("nothing to ask")
