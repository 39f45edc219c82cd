"""Reads jobs, as a dashboard does."""

from __future__ import annotations

from typing import Any

from jobload.load.http.endpoint_path import below, with_query
from jobload.load.http.json_body import ids_or_none
from jobload.load.users.operation_user import OperationUser
from jobload.load.users.workload import Workload, watched_labels
from jobload.plan.scenario import Scenario


class JobWatcher(OperationUser):
    """Lists jobs, then reads the newest ones of the list one by one, and lists again."""

    has_one_request = True
    PAGE = 20

    @classmethod
    def labels(cls, scenario: Scenario) -> tuple[str, ...]:
        return watched_labels(scenario)

    def prepare(self, workload: Workload) -> None:
        self._path = workload.scenario.endpoint
        self._list_label, self._read_label = self.labels(workload.scenario)
        self._unread: list[str] = []

    def operation(self) -> None:
        if self._unread:
            self.get(below(self._path, self._unread.pop(0)), name=self._read_label)
        else:
            path = with_query(self._path, f"limit={self.PAGE}")
            self._unread = _job_ids(self.get(path, name=self._list_label).body)


def _job_ids(body: bytes) -> list[str]:
    jobs: Any = ids_or_none(body)
    if not isinstance(jobs, list):
        return []
    return [str(job["id"]) for job in jobs if isinstance(job, dict) and "id" in job]
