"""After the drain: asks the target which operations of the run it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from jobload.lifecycle.run import Run
from jobload.load.http_client import HttpClient
from jobload.load.http_error import HttpError
from jobload.load.origin import Origin
from jobload.load.request_template import RequestTemplate
from jobload.measure.ledger import Audit, Auditor, LedgerEntry

PAGE_TIMEOUT_S = 10.0


class CannotAuditError(Exception):
    """One sentence on why."""


def audit_run(run: Run, *, by_default: bool) -> dict[int, Audit]:
    """By position: the scenarios whose `audit` is on, or not said and on by default."""
    positions = [
        position
        for position, scenario in enumerate(run.setup.scenarios[: run.position + 1])
        if (by_default if scenario.audit is None else scenario.audit)
    ]
    if not positions:
        return {}
    try:
        auditors = {p: Auditor(e for e in _ledgers(run) if e.position == p) for p in positions}
        for user, count in _stored_operations(run):
            for auditor in auditors.values():
                if auditor.saw(user, count):
                    break
    except CannotAuditError as error:
        return dict.fromkeys(positions, Audit(problem=str(error)))
    return {position: auditor.audit() for position, auditor in auditors.items()}


def _ledgers(run: Run) -> Iterator[LedgerEntry]:
    for view in run.collector.workers.values():
        if view.newest is None or not view.newest.final:
            raise CannotAuditError(f"worker {view.id} never said which operations it had begun")
        if not view.newest.ledger_complete:
            raise CannotAuditError(f"too many operations of worker {view.id} were not acknowledged")
        yield from view.newest.ledger


def _stored_operations(run: Run) -> Iterator[tuple[int, int]]:
    """(number of the user, count of its operation) of each that the target holds."""
    origin = Origin.parse(run.host)
    client = HttpClient(origin)
    cursor = ""
    try:
        while True:
            page = _page(client, origin, f"/-/runs/{run.id}/operations?limit=1000{cursor}")
            for operation in page["operations"]:
                if (found := _of_key(run.id, operation.get("key"))) is not None:
                    yield found
            if not page.get("next"):
                return
            cursor = f"&cursor={page['next']}"
    finally:
        client.close()


def _page(client: HttpClient, origin: Origin, path: str) -> dict[str, Any]:
    request = RequestTemplate("GET", path, origin, {}, has_body=False).render(b"")
    try:
        reply = client.exchange(request, PAGE_TIMEOUT_S)
    except HttpError as error:
        raise CannotAuditError(f"the target did not answer the audit ({error.kind})") from error
    if reply.status == 404:
        raise CannotAuditError("the target has no audit endpoint (/-/runs/{run_id}/operations)")
    try:
        page = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        page = None
    if reply.status != 200 or not isinstance(page, dict) or "operations" not in page:
        raise CannotAuditError(f"the target answered the audit with status {reply.status}")
    return page


def _of_key(run_id: str, key: object) -> tuple[int, int] | None:
    """The numbers in `<run id>-<process>-<user>-<count>`."""
    if not isinstance(key, str) or not key.startswith(f"{run_id}-"):
        return None
    parts = key[len(run_id) + 1 :].split("-")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    return int(parts[1]), int(parts[2])
