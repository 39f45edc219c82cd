"""One operation of a scenario, sent for somebody who writes it: each request, reply, value and
check is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from time import perf_counter, sleep
from typing import Any

from jobload.load.flow.user_flow import UserFlow
from jobload.load.http.http_error import OUT_OF_TIME, HttpError
from jobload.load.http.reply import Reply, head_of
from jobload.load.http.retry_after import asked_wait_s
from jobload.load.http.secrets import Secrets
from jobload.load.rows.row import Row
from jobload.load.users.arrival_user import client_for
from jobload.load.users.exchange import PAST_ITS_TIMEOUT, Exchange, Flaw, StepFailedError
from jobload.load.users.workload import Workload, label
from jobload.measure.error_counts import writable
from jobload.plan.flow.condition import as_json
from jobload.plan.flow.row_supply import read_tables
from jobload.plan.flow.sources import key_of

SHOWN_CHARACTERS = 2000


@dataclass
class Trial:
    """Stands for a user towards the steps. `tell` takes what is told, line by line."""

    workload: Workload
    run_id: str
    secrets: Secrets
    tell: Callable[[str], None]
    number: int = 1
    keys: int = 0
    _deadline_s: float = inf

    def __post_init__(self) -> None:
        self.key_prefix = f"{self.run_id}-0".encode()
        self._client = client_for(self.workload)

    @property
    def agent(self) -> Trial:
        return self

    def run(self, flow_name: str | None = None) -> bool:
        """Whether it succeeded."""
        began_s = perf_counter()
        try:
            self._run(flow_name)
        except StepFailedError as error:
            self._say(
                ": ".join(filter(None, (f"FAILED at {error.label}", error.kind, error.detail)))
            )
            return False
        finally:
            self._client.close()
        self._say(f"succeeded in {perf_counter() - began_s:.3f} s")
        return True

    def _run(self, flow_name: str | None) -> None:
        table = self.workload.flows
        if table is None:
            self._one_request()
            return
        user: Any = self
        flow = UserFlow(user, table, FirstRows(self.workload, self._say))
        names = [each.name for each in table.flows]
        flow.choose_flow(table.flows[names.index(flow_name) if flow_name else 0])
        flow.on_values = self._tell_values
        flow.on_refused = lambda sentence: self._say(f"   not kept: {sentence}")
        flow.take_rows(is_planned=False)
        self._deadline_s = perf_counter() + (self.workload.operation_timeout_s or inf)
        flow.run(self)

    def _one_request(self) -> None:
        workload = self.workload
        request = workload.requests(1, self.key_prefix + b"-1-").render(1)
        scenario = workload.scenario
        self.do(
            Exchange(
                method=scenario.method,
                label=label(scenario),
                timeout_s=workload.timeout_s,
                retry=workload.retry,
                render=lambda: request,
                again=lambda: request,
                flaw=lambda reply: workload.success.flaw(reply, self.shown),
            )
        )

    # --- what steps want of a user ----------------------------------------------------------

    def do(self, step: Exchange) -> Reply:
        self._say(f"== {step.label}")
        reply, flaw = self._answered(step)
        if flaw is None and step.waiting is not None:
            assert reply is not None
            reply, flaw = self._polled(step, reply)
        if flaw is not None:
            raise StepFailedError(step.label, flaw)
        assert reply is not None
        self._say("   ok: what is expected holds")
        return reply

    def pause(self, pause_s: float) -> None:
        self._say(f"== pause of {pause_s:.3f} s")
        sleep(pause_s)

    def shown(self, body: bytes) -> str:
        text = self.secrets.redact(body.decode("utf-8", "replace"))
        return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"

    # --- sending ----------------------------------------------------------------------------

    def _answered(self, step: Exchange) -> tuple[Reply | None, Flaw | None]:
        reply, flaw = self._attempt(step)
        if reply is not None and reply.status == 401 and flaw and step.renew and step.renew():
            self._say(f"== {step.label}, again")
            reply, flaw = self._attempt(step)
        return reply, flaw

    def _attempt(self, step: Exchange) -> tuple[Reply | None, Flaw | None]:
        retry, request = 1, step.render()
        while True:
            reply, flaw = self._sent(step, request)
            if flaw is None or (wait_s := step.retry.wait_s(retry, reply)) is None:
                return reply, flaw
            if perf_counter() + wait_s > self._deadline_s:
                return reply, flaw
            self._say(f"   {flaw[0]}; tried again in {wait_s:g} s")
            sleep(wait_s)
            retry, request = retry + 1, step.again()

    def _sent(self, step: Exchange, request: bytes) -> tuple[Reply | None, Flaw | None]:
        self._show("> ", *request.partition(b"\r\n\r\n")[::2])
        timeout_s = max(0.001, min(step.timeout_s, self._deadline_s - perf_counter()))
        try:
            reply = self._client.exchange(request, timeout_s, expect_body=step.method != "HEAD")
        except HttpError as error:
            self._say(f"   no reply: {error}")
            if error.kind in OUT_OF_TIME and error.after_s >= timeout_s < step.timeout_s:
                return None, PAST_ITS_TIMEOUT
            return None, (error.kind, error.detail)
        self._show("< ", head_of(reply), reply.readable)
        self._say(f"   after {1e3 * reply.target_s:.1f} ms")
        return reply, step.flaw(reply)

    def _polled(self, step: Exchange, reply: Reply) -> tuple[Reply, Flaw | None]:
        assert step.waiting is not None
        until_s = perf_counter() + step.waiting.timeout_s
        while True:
            state = step.waiting.state(reply)
            if state is True:
                return reply, None
            if isinstance(state, tuple):
                return reply, state
            asked_s = asked_wait_s(reply) or 0.0
            pause_s = max(step.waiting.every_s, asked_s)
            asks = f"; Retry-After is {asked_s:g} s" if asked_s == pause_s else ""
            if perf_counter() + pause_s > min(until_s, self._deadline_s):
                limit = (
                    f"after {step.waiting.timeout_s:g} s" if until_s < self._deadline_s else "when"
                )
                return reply, ("poll-timeout", f"{limit} {state}{asks}")
            self._say(f"   not yet: {state}{asks}")
            sleep(pause_s)
            newer, flaw = self._answered(step)
            if flaw is not None or newer is None:
                return reply, flaw
            reply = newer

    # --- telling ----------------------------------------------------------------------------

    def _tell_values(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self._say(f"   {name} = {as_json(value)}")

    def _show(self, mark: str, head: bytes, body: bytes) -> None:
        for line in head.decode("latin-1").split("\r\n"):
            self._say(f"{mark}{line}")
        if body:
            self._say(mark.rstrip())
            for line in self.shown(body).splitlines():
                self._say(f"{mark}{line}")

    def _say(self, text: str) -> None:
        """A terminal obeys what it is sent, and a target may send anything."""
        self.tell(writable(self.secrets.redact(text)))


class FirstRows:
    """The first row of each source, which nobody else wants."""

    def __init__(self, workload: Workload, tell: Callable[[str], None]) -> None:
        self._tables = read_tables([workload.scenario])
        self._data = workload.scenario.data
        self._tell = tell

    def take(self, source: str, is_planned: bool) -> Row:
        values = self._tables[key_of(self._data[source])].values(0)
        self._tell(f"row 1 of {source}: {as_json(values)}")
        return Row(source, 1, values)

    def sent(self, row: Row) -> None:
        pass

    def release(self, row: Row) -> None:
        pass
