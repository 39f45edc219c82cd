# mypy: ignore-errors
"""Names no host, so that it meets the embedded target."""

from locust import FastHttpUser, constant, task


class Submitter(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def submit(self):
        body = {"job_name": "j", "args": {"data": "x"}, "priority": 1}
        with self.rest("POST", "/api/v1/jobs", json=body) as reply:
            assert reply.js["id"]
