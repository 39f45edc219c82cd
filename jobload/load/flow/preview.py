"""Requests as they would be sent, for people who check a plan: with stand-ins for what is not known
before, and without any secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobload.load.flow.flow_table import FlowTable, Pause, ReadyStep
from jobload.load.flow.request_writer import UnsendableError
from jobload.load.flow.scope import Scope
from jobload.load.http.origin import Origin
from jobload.load.http.secrets import Secrets
from jobload.load.rows.row import Row
from jobload.load.users.workload import Workload, label
from jobload.measure.error_counts import writable
from jobload.plan.duration import format_duration
from jobload.plan.flow.template import Name, template
from jobload.plan.headers import resolve_headers
from jobload.plan.scenario import Scenario

SHOWN_BODY = 300
_TARGET = Origin.parse("http://target")
_RUN = "RUN"
_LEFT_OUT = ("host:", "user-agent:", "accept:", "x-jobload-run:", "content-length:")


class _Masked(dict[str, str]):
    """Instead of the environment."""

    def get(self, key: str, default: Any = None) -> Any:
        return "***"


class _Names(dict[str, Any]):
    """Of what is not known, its name."""

    source = ""

    def __missing__(self, name: str) -> str:
        return f"<{self.source}{name}>"


class _Rows(dict[str, Row]):
    def __missing__(self, source: str) -> Row:
        values = _Names()
        values.source = f"{source}."
        return Row(source, 1, values)


def previews(scenario: Scenario) -> Iterator[str]:
    """One text for each step of each flow, or for the one request there is."""
    environ = _Masked()
    secrets = Secrets([scenario.headers], environ, [scenario])
    headers = resolve_headers(scenario.headers, environ)
    if not scenario.all_flows:
        request = Workload.of(scenario, _TARGET, headers, _RUN).requests(1, b"KEY-")
        yield secrets.redact(_text(label(scenario), request.render(1)))
        return
    table = FlowTable(scenario, _TARGET, headers, environ, 0)
    scope = Scope(_RUN, 1, 0, scenario.seed)
    scope.values, scope.rows = _Names(table.constants), _Rows()
    for name, value in table.made:
        scope.values[name] = value(scope)
    for flow in table.flows:
        prefix = f"{flow.name}, " if len(table.flows) > 1 else ""
        for number, step in enumerate(flow.steps, start=1):
            yield secrets.redact(f"{prefix}step {number}: {_of_step(step, scope)}")


def _of_step(step: ReadyStep | Pause, scope: Scope) -> str:
    if isinstance(step, Pause):
        shortest, longest = (format_duration(s) for s in (step.shortest_s, step.longest_s))
        return f"a pause of {shortest}" + (f" to {longest}" if longest != shortest else "")
    address, given = template(step.path).parts[0], ""
    if isinstance(address, Name) and address.source is None:
        given = f"<{address.text}>"
        scope.values[address.text] = f"/{given}"
    try:
        key = b"KEY" if step.writer.wants_key else None
        shown = _text(step.label, step.writer.render(scope, key))
        return shown.replace(f" /{given}", f" {given}", 1) if given else shown
    except UnsendableError as error:
        return f"{step.label}: {error}"


def _text(title: str, request: bytes) -> str:
    head, _, body = request.decode("utf-8", "replace").partition("\r\n\r\n")
    line, *fields = head.split("\r\n")
    line = line.removesuffix(" HTTP/1.1")
    shown = [field for field in fields if not field.lower().startswith(_LEFT_OUT)]
    lines = [title, line, *shown, *([_cut(body)] if body else [])]
    return (
        writable("\n    ".join(lines)).replace("%3C", "<").replace("%3E", ">").replace("%2A", "*")
    )


def _cut(body: str) -> str:
    size = len(body.encode())
    return body if size <= SHOWN_BODY else f"{body[:SHOWN_BODY]}… ({size:,} bytes)"
