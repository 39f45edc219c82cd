"""After the drain: asks the target which operations of the run it holds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from time import perf_counter

import gevent

from jobload.lifecycle.end_times import AUDIT_WITHIN_S
from jobload.lifecycle.leader.audit_endpoint import AuditEndpoint, CannotAuditError
from jobload.lifecycle.leader.run import Run
from jobload.load.http.origin import Origin, OriginError
from jobload.load.http.tls_context import tls_context
from jobload.measure.ledger import Audit, Auditor, LedgerEntry
from jobload.plan.headers import resolve_headers
from jobload.plan.problem import PlanError
from jobload.plan.scenario import Scenario

INTERRUPTED_WITHIN_S = 5.0
"""Somebody waits for the end."""
LOOK_EVERY_S = 0.1
FORGET_WITHIN_S = 30.0
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)


def audit_run(
    run: Run, *, by_default: bool, environ: Mapping[str, str] = os.environ
) -> dict[int, Audit]:
    """By position: the scenarios whose `audit` is on, or not said and on by default."""
    positions = [
        position
        for position, scenario in enumerate(run.setup.scenarios[: run.position + 1])
        if (by_default and _stores(scenario) if scenario.audit is None else scenario.audit)
    ]
    if not positions:
        return {}
    asking = gevent.spawn(_audits, run, positions, environ)
    until_s = perf_counter() + AUDIT_WITHIN_S
    while not asking.ready() and (left_s := until_s - perf_counter()) > 0:
        if run.state.interrupted:
            asking.join(min(left_s, INTERRUPTED_WITHIN_S))
            break
        asking.join(min(left_s, LOOK_EVERY_S))
    if asking.ready():
        audits: dict[int, Audit] = asking.get()
        return audits
    asking.kill()
    limit = f"{AUDIT_WITHIN_S:.0f} s"
    if run.state.interrupted:
        limit = f"{INTERRUPTED_WITHIN_S:.0f} s of the interruption"
    return dict.fromkeys(positions, Audit(problem=f"the target has not told all within {limit}"))


def _audits(run: Run, positions: list[int], environ: Mapping[str, str]) -> dict[int, Audit]:
    try:
        entries = list(_ledgers(run))
        auditors = {p: Auditor(e for e in entries if e.position == p) for p in positions}
        with closing(_endpoint(run, run.setup.scenarios[positions[0]], environ)) as endpoint:
            for key in endpoint.held_keys():
                _note(auditors, _of_key(run.id, key))
    except CannotAuditError as error:
        return dict.fromkeys(positions, Audit(problem=str(error)))
    begun = {entry.position for entry in entries}
    return {
        position: auditor.audit()
        for position, auditor in auditors.items()
        if position in begun or run.setup.scenarios[position].audit
    }


def forget_run(run: Run) -> None:
    """Removes the run's jobs from the embedded target. One that can't be asked keeps them."""
    try:
        endpoint = AuditEndpoint(Origin.parse(run.host), run.id, {})
        with closing(endpoint):
            gevent.with_timeout(FORGET_WITHIN_S, endpoint.forget, timeout_value=None)
    except CannotAuditError:
        return


def _stores(scenario: Scenario) -> bool:
    """Whether a success of the scenario's own request means that the target has stored a job."""
    refusals = any(scenario.expect.accepts(status) for status in range(400, 600))
    return scenario.method == "POST" and not refusals and not scenario.all_flows


def _ledgers(run: Run) -> Iterator[LedgerEntry]:
    for view in run.collector.workers.values():
        if view.newest is None or not view.newest.final:
            raise CannotAuditError(f"worker {view.id} never said which operations it had begun")
        if not view.newest.ledger_complete:
            raise CannotAuditError(f"too many operations of worker {view.id} were not acknowledged")
        yield from view.newest.ledger


def _endpoint(run: Run, scenario: Scenario, environ: Mapping[str, str]) -> AuditEndpoint:
    """Behind the same door as the scenario's requests."""
    try:
        headers = resolve_headers(scenario.headers, environ)
        origin = Origin.parse(run.host)
        tls = tls_context(scenario.tls) if origin.scheme == "https" else None
    except (PlanError, OriginError) as error:
        raise CannotAuditError(str(error)) from error
    return AuditEndpoint(origin, run.id, headers, tls)


def _note(auditors: Mapping[int, Auditor], operation: tuple[int, int] | None) -> None:
    """Users are numbered through the whole run, so one scenario at most knows it."""
    if operation is not None:
        any(auditor.saw(*operation) for auditor in auditors.values())


def _of_key(run_id: str, key: str) -> tuple[int, int] | None:
    """The number of the user and the count in `<run id>-<process>-<user>-<count>`."""
    if not key.startswith(f"{run_id}-"):
        return None
    parts = key[len(run_id) + 1 :].split("-")
    if len(parts) != 3 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    return int(parts[1]), int(parts[2])
