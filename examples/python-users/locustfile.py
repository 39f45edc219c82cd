"""Users written in Python: what an operation does is one method, and each request in it is a step.

locust -f locustfile.py --headless --scenarios scenarios.yaml --scenario readers
"""

from locust import events

from jobload import OperationUser, StagedShape, install


class Shape(StagedShape):
    """Users come and go as the scenario says."""

    abstract = False


class Reader(OperationUser):
    """Submits a job, takes a moment, and reads it again."""

    def operation(self) -> None:
        said = {"job_name": f"report-{self.number}", "args": {"pages": 3}}
        job = self.post("/api/v1/jobs", json=said, name="submit").json()
        self.pause(0.01)
        read = self.get(f"/api/v1/jobs/{job['id']}", name="read").json()
        self.expect(read["job_name"] == said["job_name"], f"it reads {read['job_name']}")


install(events)
