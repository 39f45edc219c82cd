"""A Locust user that makes one request of each arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobload.load.http.success import Success
from jobload.load.users.arrival_user import ArrivalUser
from jobload.load.users.request_course import RequestCourse
from jobload.measure.stage_record import StageRecord

if TYPE_CHECKING:
    from jobload.load.http.reply import Reply

SHOWN_CHARACTERS = 200


class RequestUser(ArrivalUser):
    """`perform` makes exactly one call of `operate`."""

    abstract = True

    def on_start(self) -> None:
        super().on_start()
        self._requests = RequestCourse(self)

    def _change_workload(self) -> None:
        super()._change_workload()
        self._requests.begin()

    def operate(
        self,
        intended_s: float,
        stage: StageRecord,
        method: str,
        label: str,
        request: bytes,
        success: Success | None = None,
    ) -> Reply | None:
        """One operation, all its attempts. The reply if it succeeded.

        `success` is by default what the scenario says of its own request.
        """
        if self.is_counted:
            raise RuntimeError("perform called operate twice for one arrival")
        self.is_counted = True
        return self._requests.operate(intended_s, stage, method, label, request, success)

    def shown(self, body: bytes) -> str:
        """Secrets go first: cut in two, they would not be recognised."""
        return self.agent.redact(body.decode("utf-8", "replace"))[:SHOWN_CHARACTERS]
