"""What the users of one process need to know of the scenario that runs."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jobload.load.flow.flow_table import FlowTable
from jobload.load.http.addresses import Addresses
from jobload.load.http.endpoint_path import label_below
from jobload.load.http.origin import Origin
from jobload.load.http.payload import FilePayload, NoPayload, Payload, ReferencePayload
from jobload.load.http.request_template import KeyedRequests, RequestTemplate, StampedRequests
from jobload.load.http.success import Success
from jobload.load.rows.rows import ScenarioRows
from jobload.load.users.retry_policy import RetryPolicy
from jobload.plan.request import WITHOUT_BODY
from jobload.plan.scenario import Scenario

RUN_HEADER = "X-Jobload-Run"


@dataclass(frozen=True, slots=True)
class Workload:
    """`headers` are complete: secrets filled in, the run named. `addresses` are shared by
    all users of the process, `flows` as well. The last three are the scenario's,
    kept here because its own fields take four times as long to look up."""

    scenario: Scenario
    origin: Origin
    headers: dict[str, str]
    tls: ssl.SSLContext | None
    addresses: Addresses
    rows: FilePayload | None
    flows: FlowTable | None
    success: Success
    retry: RetryPolicy
    timeout_s: float
    operation_timeout_s: float | None
    data: ScenarioRows
    """Rows of the scenario's sources, shared by all users of the process."""

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        origin: Origin,
        headers: dict[str, str],
        run_id: str,
        *,
        tls: ssl.SSLContext | None = None,
        addresses: Addresses | None = None,
        environ: Mapping[str, str] | None = None,
        index: int = 0,
        data: ScenarioRows | None = None,
    ) -> Workload:
        complete = {**headers, RUN_HEADER: run_id}
        flows = None
        if scenario.all_flows:
            flows = FlowTable(scenario, origin, complete, environ or {}, index)
        rows = FilePayload(Path(scenario.payload.file)) if scenario.payload else None
        return cls(
            scenario,
            origin,
            complete,
            tls,
            addresses or Addresses(origin),
            rows,
            flows,
            Success.of(scenario.expect),
            RetryPolicy.of(scenario),
            scenario.timeout_s,
            scenario.operation_timeout_s,
            data or ScenarioRows({}),
        )

    @property
    def has_body(self) -> bool:
        return self.scenario.method not in WITHOUT_BODY

    def requests(self, worker: int, key_start: bytes) -> KeyedRequests | StampedRequests:
        """`key_start` and the count of an operation identify it to the target."""
        plan, payload = self.scenario, self.payload(worker)
        template = RequestTemplate(
            plan.method, plan.endpoint, self.origin, self.headers, has_body=self.has_body
        )
        if isinstance(payload, ReferencePayload) and not template.has_key:
            return StampedRequests(template, payload, key_start)
        return KeyedRequests(template, payload, key_start)

    def payload(self, worker: int) -> Payload:
        """Rows of a file are shared by all users of the process: each row goes out in its turn."""
        if not self.has_body:
            return NoPayload()
        return self.rows or ReferencePayload(worker, self.scenario.payload_bytes)


def label(scenario: Scenario) -> str:
    """How results name the endpoint that a scenario is about."""
    return f"{scenario.method} {scenario.endpoint}"


def watched_labels(scenario: Scenario) -> tuple[str, str]:
    """Of the list of jobs and of one of them, as a JobWatcher reads them."""
    return f"GET {scenario.endpoint}", f"GET {label_below(scenario.endpoint)}"
