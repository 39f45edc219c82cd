"""The plan of a run made ready in one process: secrets, certificates, addresses, rows."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping

from jobload.load.http.addresses import Addresses
from jobload.load.http.allowed_targets import AllowedTargets
from jobload.load.http.descriptors import shortage
from jobload.load.http.secrets import Secrets
from jobload.load.http.tls_context import tls_context
from jobload.load.pacing.arrivals import Arrivals
from jobload.load.process.assignment import Assignment
from jobload.load.rows.messages import Wanted
from jobload.load.rows.rows import Rows
from jobload.load.trace.locust_clients import trace_clients_of_locust
from jobload.load.trace.trace_choice import TraceChoice
from jobload.load.users.workload import Workload
from jobload.plan.flow.environment import check_environment
from jobload.plan.headers import resolve_headers
from jobload.plan.problem import PlanError
from jobload.plan.tls import Tls


class PreparedPlan:
    """`index` (from 0) tells the process from the others of the run. `objections` say why what the
    leader asks for can't be done here; `objection` is what the process itself has against it."""

    def __init__(
        self,
        assignment: Assignment,
        worker: str,
        index: int,
        environ: Mapping[str, str],
        objection: str | None,
        ask_for_rows: Callable[[Wanted], None],
    ) -> None:
        self.assignment = assignment
        self.objections: list[str] = []
        self.secrets = Secrets()
        self._environ = environ
        self._index = index
        self._headers = self._resolved(objection)
        self._tls = self._secured(worker)
        if (origin := assignment.origin) is not None:
            self._addresses = Addresses(origin)
            if sentence := AllowedTargets(assignment.allowed_targets).refusal(origin):
                self.objections.append(sentence)
        if sentence := shortage(assignment.users):
            self.objections.append(f"{worker}: {sentence}")
        self.key_prefix = f"{assignment.run_id}-{index}".encode()
        self.rows = Rows(
            assignment.run_id,
            assignment.scenarios,
            assignment.outlines,
            index,
            assignment.processes,
            ask_for_rows,
        )

    def _resolved(self, objection: str | None) -> list[dict[str, str]]:
        if objection:
            self.objections.append(objection)
            return []
        scenarios, environ = self.assignment.scenarios, self._environ
        headers = [scenario.headers for scenario in scenarios]
        try:
            self.secrets = Secrets(headers, environ, scenarios)
            for scenario in scenarios:
                check_environment(scenario, environ)
            return [resolve_headers(each, environ) for each in headers]
        except PlanError as error:
            self.objections.append(str(error))
            return []

    def _secured(self, worker: str) -> list[ssl.SSLContext | None]:
        """The files are read here, where they are used; scenarios alike share what they hold."""
        origin, scenarios = self.assignment.origin, self.assignment.scenarios
        if origin is None or origin.scheme == "http":
            return [None for _ in scenarios]
        contexts: dict[Tls | None, ssl.SSLContext] = {}
        try:
            for scenario in scenarios:
                if scenario.tls not in contexts:
                    contexts[scenario.tls] = tls_context(scenario.tls)
        except PlanError as error:
            self.objections.append(f"{worker}: {error}")
            return []
        return [contexts[scenario.tls] for scenario in scenarios]

    def arrivals(self, position: int) -> Arrivals:
        scenario = self.assignment.scenarios[position]
        return Arrivals(scenario.arrivals, scenario.seed + position, self._index)

    def trace_choice(self, position: int) -> TraceChoice | None:
        """None: nothing is traced."""
        if not (share := self.assignment.trace_share):
            return None
        trace_clients_of_locust()
        seed = self.assignment.scenarios[position].seed + position
        return TraceChoice(share, seed, self._index, self.assignment.run_id)

    def workload(self, position: int) -> Workload | None:
        """None: its users know by themselves what to do where."""
        if self.assignment.origin is None:
            return None
        scenario = self.assignment.scenarios[position]
        return Workload.of(
            scenario,
            self.assignment.origin,
            self._headers[position],
            self.assignment.run_id,
            tls=self._tls[position],
            addresses=self._addresses,
            environ=self._environ,
            index=self._index,
            data=self.rows.of(scenario),
        )

    @property
    def drain_s(self) -> float:
        """How long requests in flight may take to finish."""
        return max(scenario.drain_s for scenario in self.assignment.scenarios)
