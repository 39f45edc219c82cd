"""The flows of a scenario as one user does them: with its own values, cookies and logins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from jobload.load.flow.cookies import Cookies, may_set_cookie
from jobload.load.flow.flow_table import FlowTable, Pause, ReadyFlow, ReadyStep
from jobload.load.flow.reply_reading import Said
from jobload.load.flow.request_writer import UnsendableError
from jobload.load.flow.scope import Scope
from jobload.load.http.reply import Reply, head_of
from jobload.load.rows.row import Row
from jobload.load.users.ask_again import too_long, way_on
from jobload.load.users.exchange import POLL_FAILED, Exchange, Flaw, StepFailedError, Waiting

if TYPE_CHECKING:
    from jobload.load.users.operation_user import OperationUser


class RowSource(Protocol):
    def take(self, source: str, is_planned: bool) -> Row: ...
    def sent(self, row: Row) -> None: ...
    def release(self, row: Row) -> None: ...


class UnderWay(Protocol):
    """The operation that the steps are of."""

    def do(self, step: Exchange) -> Reply: ...
    def pause(self, pause_s: float) -> None: ...


class Kept(NamedTuple):
    """What a reused step has captured, and of which rows it and the variables made of rows were."""

    until_s: float
    captured: dict[str, Any]
    rows: dict[str, Row]
    variables: dict[str, Any]


class UserFlow:
    _operation: UnderWay

    def __init__(self, user: OperationUser, table: FlowTable, data: RowSource) -> None:
        self._user = user
        self._data = data
        self._unsent: dict[str, Row] = {}
        """Rows that the operation has taken, and of which nothing has left yet."""
        self._own_rows: dict[str, Row] = {}
        """What it has sent of sources of which each user has one row."""
        self._table = table
        start = f"{user.agent.key_prefix.decode()}-{user.number}"
        self._key_start, self._keys = f"{start}-s".encode(), 0
        self._scope = Scope(start, user.number, table.process, table.scenario.seed)
        self._cookies = Cookies(table.origin)
        self._kept: dict[str, Kept] = {}
        """By the content of the step."""
        self._exchanges: dict[ReadyStep, Exchange] = {}
        self._reused: list[ReadyStep] = []
        """In this operation."""
        self._chosen: ReadyFlow = table.flows[0]

        self.on_values: Callable[[Mapping[str, Any]], None] | None = None
        """Told what a step has captured."""
        self.on_refused: Callable[[str], None] | None = None
        """Told which cookie is not kept, and why."""

    @property
    def values(self) -> Mapping[str, Any]:
        return self._scope.values

    def choose_flow(self, flow: ReadyFlow) -> None:
        self._chosen = flow

    def choose(self) -> str:
        if self._table.has_choice:
            self._chosen = self._table.next()
        return self._chosen.name

    def take_rows(self, is_planned: bool) -> None:
        """RowsSpent. Before the operation begins: there may be none for it."""
        scope, data, of_users = self._scope, self._data, self._table.sources_of_users
        scope.rows = self._own_rows.copy()
        try:
            for source in self._chosen.sources:
                if source not in scope.rows:
                    row = data.take(source, is_planned and source not in of_users)
                    self._unsent[source] = scope.rows[source] = row
        except BaseException:
            self._release_rows()
            raise

    def run(self, operation: UnderWay) -> None:
        scope, table = self._scope, self._table
        self._operation = operation
        self._reused = []
        scope.values = values = table.constants.copy()
        try:
            for name, value in table.made:
                values[name] = value(scope)
            for step in self._chosen.steps:
                if isinstance(step, Pause):
                    span_s = step.longest_s - step.shortest_s
                    operation.pause(step.shortest_s + span_s * scope.random.random())
                elif step.reuse_s is None or not self._is_kept(step):
                    self._send(step)
        finally:
            if self._unsent:
                self._release_rows()

    def _release_rows(self) -> None:
        for row in self._unsent.values():
            self._data.release(row)
        self._unsent.clear()

    def _is_kept(self, step: ReadyStep) -> bool:
        kept = self._kept.get(step.content)
        if kept is None or kept.until_s <= monotonic():
            return False
        self._scope.values.update(kept.captured)
        self._reused.append(step)
        return True

    def _send(self, step: ReadyStep) -> None:
        if (exchange := self._exchanges.get(step)) is None:
            exchange = self._exchanges[step] = self._exchange(step)
        self._operation.do(exchange)
        if self.on_values is None and step.reuse_s is None:
            return
        captured = {name: self._scope.values[name] for name in step.captures.names}
        if self.on_values is not None:
            self.on_values(captured)
        if step.reuse_s is not None:
            rows = {source: self._scope.rows[source] for source in step.sources}
            until_s = monotonic() + step.reuse_s
            self._kept[step.content] = Kept(until_s, captured, rows, self._made_of_rows())

    def _made_of_rows(self) -> dict[str, Any]:
        return {name: self._scope.values[name] for name in self._table.made_of_rows}

    def _renew(self) -> bool:
        """What was reused is done again, once an operation, and with the rows that it had: what the
        operation has done so far is theirs."""
        steps, self._reused = self._reused, []
        scope, rows, unsent = self._scope, self._scope.rows, self._unsent
        variables = self._made_of_rows()
        self._unsent = {}
        try:
            for step in steps:
                kept = self._kept[step.content]
                scope.rows = {**rows, **kept.rows}
                scope.values.update(kept.variables)
                self._send(step)
        except StepFailedError:
            return False
        finally:
            scope.rows, self._unsent = rows, unsent
            scope.values.update(variables)
        return bool(steps)

    def _exchange(self, step: ReadyStep) -> Exchange:
        """Looks up what it can beforehand: this is done for each request."""
        sent = b""
        looked_at: Said | None = None
        """What is expected of a poll's reply and what it waits for are read from one parse."""
        scope, poll, cookies = self._scope, step.poll, self._cookies
        writer, statuses, captures = step.writer, step.expectation.statuses, step.captures
        unmet = None if step.expectation.is_plain else step.expectation.unmet
        takes = poll is None and bool(captures.names)

        def asked() -> str:
            return sent.split(b" ", 2)[1].decode("latin-1")

        def render() -> bytes:
            nonlocal sent
            key = self._next_key() if writer.wants_key else None
            try:
                request = writer.render(scope, key)
            except UnsendableError as error:
                raise StepFailedError(step.label, ("unsendable", str(error))) from None
            if self._unsent:
                for source in step.sources:
                    if (row := self._unsent.pop(source, None)) is not None:
                        self._data.sent(row)
                        if source in self._table.sources_of_users:
                            self._own_rows[source] = row
            sent = request
            return again()

        def again() -> bytes:
            """With the cookies that have been set since."""
            if cookies and not writer.has_cookie and (said := cookies.header(asked())):
                return sent.replace(b"\r\n\r\n", b"\r\nCookie: %b\r\n\r\n" % said, 1)
            return sent

        def flaw(reply: Reply) -> Flaw | None:
            nonlocal looked_at
            if may_set_cookie(reply.received):
                self._take_cookies(head_of(reply), asked())
            if reply.status not in statuses:
                return f"http-{reply.status}", refused(reply)
            if unmet is None and not takes:
                return None
            said = Said(reply)
            if unmet is not None and (wrong := unmet(said, scope)) is not None:
                return "unexpected-reply", self._told(wrong, reply)
            if poll is not None:
                looked_at = said
            return captured(said) if takes else None

        def refused(reply: Reply) -> str:
            why = too_long(reply, step.retry)
            if poll is not None:
                why = why or way_on(reply, step.good)
            return f"{why}{self._user.shown(reply.readable)}"

        def captured(said: Said) -> Flaw | None:
            if (wrong := captures.put(said, asked, scope.values)) is not None:
                return "no-capture", self._told(wrong, said.reply)
            return None

        def state(reply: Reply) -> bool | str | Flaw:
            nonlocal looked_at
            said, looked_at = looked_at or Said(reply), None
            if (held := step.failed.held(said, scope)) is not None:
                return POLL_FAILED, self._told(held, reply)
            if (waits_for := step.until.unmet(said, scope)) is not None:
                return waits_for if reply.status < 400 else f"{waits_for} (HTTP {reply.status})"
            return captured(said) or True

        waiting = None if poll is None else Waiting(poll.every_s, poll.timeout_s, state)
        return Exchange(
            method=step.method,
            label=step.label,
            timeout_s=step.timeout_s,
            retry=step.retry,
            render=render,
            again=again,
            flaw=flaw,
            waiting=waiting,
            renew=self._renew,
        )

    def _next_key(self) -> bytes:
        """Identifies a step to the target, the same in each of its attempts."""
        self._keys += 1
        return b"%b%d" % (self._key_start, self._keys)

    def _take_cookies(self, head: bytes, asked: str) -> None:
        refused = self._cookies.take(head, asked)
        if (tell := self.on_refused) is not None:
            for sentence in refused:
                tell(sentence)

    def _told(self, wrong: str, reply: Reply) -> str:
        return f"{wrong}: {self._user.shown(reply.readable)}"
