"""A target with an audit endpoint that answers as a test says, and the run that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson
from gevent.pywsgi import WSGIServer
from made_snapshot import snapshot

from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.run_setup import RunSetup
from jobload.measure.ledger import LedgerEntry
from jobload.measure.snapshot import Snapshot, StageReport
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import load_scenario

Answer = tuple[int, bytes]
PLAN = {"shape": "ramp", "users": 2, "duration": "5s", "rate": 10}


@dataclass
class AuditedTarget:
    """Tells of `operations` in pages, unless `script` has an answer of its own."""

    operations: list[dict[str, Any]] = field(default_factory=list)
    script: Callable[[AuditedTarget], Answer | None] = lambda target: None
    asked: list[str] = field(default_factory=list)
    headers: list[str | None] = field(default_factory=list)
    url: str = ""

    def hold(self, *keys: str | None) -> None:
        self.operations += [{"key": key, "job_id": "j", "status": "pending"} for key in keys]

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        self.asked.append(f"{environ['REQUEST_METHOD']} {path}")
        self.headers.append(environ.get("HTTP_AUTHORIZATION"))
        status, body = self.script(self) or (200, self._page(parse_qs(query)))
        start(f"{status} As told", [("Content-Length", str(len(body)))])
        return [body]

    def _page(self, query: dict[str, list[str]]) -> bytes:
        limit, first = int(query["limit"][0]), int(query.get("cursor", ["from 0&"])[0][5:-1])
        page = self.operations[first : first + limit]
        more = first + limit < len(self.operations)
        # A cursor that would be another one if it were not escaped.
        return orjson.dumps(
            {"operations": page, "next": f"from {first + limit}&" if more else None}
        )


@contextmanager
def running(target: AuditedTarget) -> Iterator[AuditedTarget]:
    server = WSGIServer(("127.0.0.1", 0), target, log=None)
    server.start()
    target.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield target
    finally:
        server.stop()


def drained_run(
    host: str,
    *entries: LedgerEntry,
    scenarios: int = 1,
    complete: bool = True,
    began: bool = True,
    **fields: Any,
) -> Run:
    """One of a single worker, whose ledger it is."""
    plans = tuple(load_scenario({"name": f"s{i}", **PLAN, **fields}) for i in range(scenarios))
    run = Run(RunSetup(plans, {}, False, Path("results")), host, "local")
    for _ in range(scenarios if began else 0):
        run.begin_scenario()
        run.drain()
        run.rest()
    run.times.update({(position, 0): (0.0, 1.0) for position in range(scenarios)})
    run.collector.enroll("w1", 0.0)
    run.collector.take(_final(run.id, list(entries), complete), 1.0)
    return run


def _final(run_id: str, ledger: list[LedgerEntry], complete: bool) -> Snapshot:
    return snapshot(
        run_id=run_id,
        second=1,
        obeyed=1,
        idle=True,
        final=True,
        stages=[
            StageReport((position, 0), StageRecord(offered=100_000, started=100_000))
            for position in {entry.position for entry in ledger}
        ],
        ledger=ledger,
        ledger_complete=complete,
    )
