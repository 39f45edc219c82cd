"""Reads jobs, as a dashboard does."""

from __future__ import annotations

from typing import Any

from jobload.load.http.endpoint_path import below, label_below, with_query
from jobload.load.http.json_body import parsed_or_none
from jobload.load.http.success import Success
from jobload.load.users.arrival_user import ArrivalUser
from jobload.load.users.workload import Workload
from jobload.measure.stage_record import StageRecord
from jobload.plan.expect import Expect
from jobload.plan.scenario import Scenario


class JobWatcher(ArrivalUser):
    """Lists jobs, then reads the newest ones of the list one by one, and lists again."""

    PAGE = 20
    SUCCESS = Success.of(Expect())
    """What the scenario expects is said of its own request, not of these."""

    @classmethod
    def labels(cls, scenario: Scenario) -> tuple[str, ...]:
        return (f"GET {scenario.endpoint}", f"GET {label_below(scenario.endpoint, 'id')}")

    def prepare(self, workload: Workload) -> None:
        self._workload = workload
        self._path = workload.scenario.endpoint
        self._list_label, self._read_label = self.labels(workload.scenario)
        self._list = workload.template("GET", with_query(self._path, f"limit={self.PAGE}")).render(
            b""
        )
        self._unread: list[str] = []

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        if self._unread:
            self._read(self._unread.pop(0), intended_s, stage)
        else:
            self._list_jobs(intended_s, stage)

    def _list_jobs(self, intended_s: float, stage: StageRecord) -> None:
        reply = self.operate(intended_s, stage, "GET", self._list_label, self._list, self.SUCCESS)
        if reply is not None:
            self._unread = _job_ids(reply.body)

    def _read(self, job: str, intended_s: float, stage: StageRecord) -> None:
        request = self._workload.template("GET", below(self._path, job)).render(b"")
        self.operate(intended_s, stage, "GET", self._read_label, request, self.SUCCESS)


def _job_ids(body: bytes) -> list[str]:
    jobs: Any = parsed_or_none(body)
    if not isinstance(jobs, list):
        return []
    return [str(job["id"]) for job in jobs if isinstance(job, dict) and "id" in job]
