"""k9-load: a generator with a Rust core and k6's executors; a plan in YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import flow
from bench.load import Load
from bench.peers.peer import Peer, Said


class K9(Peer):
    def command(self, load: Load, seconds: int, folder: Path) -> list[str]:
        plan = folder / "plan.yaml"
        plan.write_text(json.dumps(_plan(load, seconds, folder)))  # YAML is JSON, too
        (folder / "summary.json").unlink(missing_ok=True)
        return [self.program, "run", "--quiet", "--summary-export", "summary.json", str(plan)]

    def said(self, output: str, folder: Path) -> Said:
        metrics = json.loads((folder / "summary.json").read_text())["metrics"]
        sent, checks = metrics["http_reqs"], metrics["checks"]
        return Said(int(sent["count"]), int(checks["fails"]), sent["count"] / sent["rate"])


def _plan(load: Load, seconds: int, folder: Path) -> dict[str, Any]:
    plan: dict[str, Any] = {"options": _options(load, seconds)}
    if load.steps:
        flow.write_rows(folder)
        plan["feeders"] = {flow.SOURCE: {"file": f"{flow.SOURCE}.csv"}}
    asked = _flow(load) if load.steps else [_submit(load, "user-1")]
    return plan | {"flows": {"default": [{"request": request} for request in asked]}}


def _options(load: Load, seconds: int) -> dict[str, Any]:
    if load.rate is None:
        return {"vus": load.users, "duration": f"{seconds}s"}
    arrivals = {
        "executor": "constant-arrival-rate",
        "rate": round(load.rate),
        "timeUnit": "1s",
        "duration": f"{seconds}s",
        "preAllocatedVUs": load.users,
        "maxVUs": load.users,
    }
    return {"scenarios": {"jobs": arrivals}}


def _flow(load: Load) -> list[dict[str, Any]]:
    user = f"{{{{ {flow.SOURCE}.{flow.COLUMN} }}}}"
    submit = _submit(load, user) | {"extract": {"job": {"json": "$.id"}}}
    if load.steps == 1:
        return [submit]
    login = _request(load, "POST", "/login", f"user={user}")
    login["headers"] = {"Content-Type": "application/x-www-form-urlencoded"}
    login["extract"] = {"token": {"json": "$.id"}}
    place = f"{load.path}/{{{{ job }}}}"
    later = [_request(load, "GET", place), _request(load, "GET", f"{place}/result")]
    for request in (submit, *later):
        known = {"Authorization": "Bearer {{ token }}"}
        request["headers"] = {**request.get("headers", {}), **known}
    return [login, submit, *later]


def _submit(load: Load, user: str) -> dict[str, Any]:
    sent = flow.job("{{ uuid() }}", user, "x" * load.payload_bytes)
    submit = _request(load, "POST", load.path, json.dumps(sent))
    return submit | {"headers": {"Content-Type": "application/json"}}


def _request(load: Load, method: str, path: str, body: str | None = None) -> dict[str, Any]:
    request: dict[str, Any] = {"method": method, "url": f"{load.url}{path}"}
    request["checks"] = {"created": {"status": 201}}
    return request if body is None else request | {"body": body}
