"""The user class to write one's own with: an operation is what its method `operation` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from jobload.load.http.location import quoted, target_of
from jobload.load.http.reply import Reply
from jobload.load.http.request_template import RequestTemplate, merged
from jobload.load.http.success import Success
from jobload.load.users.arrival_user import ArrivalUser
from jobload.load.users.ask_again import too_long, way_on_in_python
from jobload.load.users.exchange import POLL_FAILED, Exchange, Flaw, StepFailedError, Waiting
from jobload.load.users.operation import Operation
from jobload.load.users.request_content import check_headers, content_of
from jobload.load.users.response import Response
from jobload.load.users.tally import Tally
from jobload.load.users.workload import Workload
from jobload.measure.stage_record import StageRecord
from jobload.plan.expect import Expect

ANY_SUCCESS = Success.of(Expect())
OUTSIDE = (
    "requests are sent within `operation`, and not in `on_start`; what a user sends once, such as"
    " its login, belongs into its first operation"
)
OF_STEPS = (
    "with has_one_request a reply is judged by its status alone: leave that out to have expect,"
    " timeout_s, poll or pause"
)


class OperationUser(ArrivalUser):
    """Does one `operation` for each arrival. Each request in it is a step with figures of its own,
    and the first that fails ends the operation.

    ::

        class Orders(OperationUser):
            def operation(self) -> None:
                job = self.post("/api/v1/jobs", json={"n": 1}, name="submit").json()["id"]
                self.poll(f"/api/v1/jobs/{job}", name="wait", every_s=0.2, timeout_s=10,
                          until=lambda r: r.json()["status"] == "done")
    """

    abstract = True
    has_one_request = False
    """Whether each operation is one request: its figures are then those of an endpoint, and it
    costs less. Only `get` and its like are to be had then."""
    _operation: Operation | None = None
    _newest: str = ""
    _step_keys = 0
    flow_tally: Tally | None = None
    """Where its operations were counted last."""
    _key_start: tuple[Workload | None, bytes] = (None, b"")

    def operation(self) -> None:
        """What is done for one arrival."""
        raise NotImplementedError("its method `operation` says what it does, and no @task")

    def prepare(self, workload: Workload) -> None:
        """A scenario begins; `workload` has what it says."""

    # --- steps ------------------------------------------------------------------------------

    def get(self, path: str, **options: Any) -> Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Response:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Response:
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Response:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Response:
        return self.request("DELETE", path, **options)

    def poll(
        self,
        path: str,
        *,
        until: Callable[[Response], bool],
        fail: Callable[[Response], bool] | None = None,
        every_s: float = 1.0,
        timeout_s: float = 30.0,
        **options: Any,
    ) -> Response:
        """Asks until `until` holds of the reply; the step fails when `fail` does, or in the end."""

        def state(reply: Reply) -> bool | str | Flaw:
            response = Response(reply)
            if fail is not None and fail(response):
                return POLL_FAILED, self.shown(reply.readable)
            return until(response) or f"the reply still was {self.shown(reply.readable)}"

        return self.request("GET", path, _waiting=Waiting(every_s, timeout_s, state), **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        name: str | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        expect: Callable[[Response], bool] | None = None,
        statuses: frozenset[int] | None = None,
        timeout_s: float | None = None,
        _waiting: Waiting | None = None,
    ) -> Response:
        """One step, called `name` in the results; by default by its method and path."""
        if (workload := self.workload) is None:
            raise RuntimeError(OUTSIDE)
        content, headers_of_content = content_of(json, form, body)
        check_headers(headers or {})
        origin, target = workload.origin, path
        if not path.startswith("/"):  # the address that a reply has given
            origin, target = replace(origin, base_path=""), target_of(path)
        template = RequestTemplate(
            method,
            quoted(target),
            origin,
            merged(workload.headers, merged(headers_of_content, headers or {})),
            has_body=content is not None,
        )
        if self.has_one_request:
            if expect is not None or timeout_s is not None or _waiting is not None:
                raise RuntimeError(OF_STEPS)
            return self._only(method, name or f"{method} {path}", template, content, statuses)
        request = template.render(content or b"", self.step_key() if content is not None else None)

        def flaw(reply: Reply) -> Flaw | None:
            if reply.status not in (statuses or ANY_SUCCESS.statuses):
                return f"http-{reply.status}", refused(reply)
            if expect is not None and not expect(Response(reply)):
                return "unexpected-reply", self.shown(reply.readable)
            return None

        def refused(reply: Reply) -> str:
            why = too_long(reply, workload.retry)
            if _waiting is not None:
                why = why or way_on_in_python(reply)
            return f"{why}{self.shown(reply.readable)}"

        return Response(
            self.do(
                Exchange(
                    method=method,
                    label=name or f"{method} {path}",
                    timeout_s=timeout_s or workload.timeout_s,
                    retry=workload.retry,
                    render=lambda: request,
                    again=lambda: request,
                    flaw=flaw,
                    waiting=_waiting,
                )
            )
        )

    def _only(
        self,
        method: str,
        label: str,
        template: RequestTemplate,
        content: bytes | None,
        statuses: frozenset[int] | None,
    ) -> Response:
        """What has a body has a key, by which an audit finds it again."""
        key = None
        if content is not None:
            self.keys += 1
            key = b"%b%d" % (self.key_start, self.keys)
        request = template.render(content or b"", key)
        success = ANY_SUCCESS if statuses is None else replace(ANY_SUCCESS, statuses=statuses)
        assert self.stage is not None
        reply = self.operate(self.intended_s, self.stage, method, label, request, success)
        if reply is None:
            if key is not None:
                self.unacknowledged.append(self.keys)
            raise StepFailedError(label, ("failed", ""))
        return Response(reply)

    def do(self, step: Exchange) -> Reply:
        self._newest = step.label
        return self.under_way.do(step)

    def pause(self, pause_s: float) -> None:
        """Time that the user takes for itself; it is no part of the response time."""
        self.under_way.pause(pause_s)

    def expect(self, holds: object, otherwise: str) -> None:
        """The newest step has failed, and the operation with it, unless it holds."""
        if not holds:
            raise self.under_way.fail_newest(self._newest, ("unexpected-reply", otherwise))

    # --- the operation ----------------------------------------------------------------------

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        if self.has_one_request:
            with suppress(StepFailedError):  # it is counted
                self.operation()
            return
        operation = Operation(self, intended_s, stage, type(self).__name__)
        self.carry_out(operation, lambda _: self.operation())

    def carry_out(self, operation: Operation, steps: Callable[[Operation], None]) -> None:
        self._operation, self.is_counted = operation, True
        try:
            operation.carry_out(steps)
        finally:
            self._operation = None

    @property
    def under_way(self) -> Operation:
        if self._operation is None:
            raise RuntimeError(OF_STEPS if self.has_one_request else OUTSIDE)
        return self._operation

    @property
    def behind_s(self) -> float:
        return super().behind_s if self._operation is None else self._operation.behind_s

    def step_key(self) -> bytes:
        """Identifies a step to the target, the same in each of its attempts."""
        self._step_keys += 1
        of, start = self._key_start
        if of is not self.workload:  # its number is another, too
            start = self.key_start + b"s"
            self._key_start = self.workload, start
        return b"%b%d" % (start, self._step_keys)
