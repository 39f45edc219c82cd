from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import flow
from bench.load import Load
from bench.peers.peer import Peer, Said, body_of, url_of

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Pywrkr(Peer):
    def command(self, load: Load, seconds: int, folder: Path) -> list[str]:
        (folder / "out.json").unlink(missing_ok=True)
        told = [self.program, "-d", str(seconds), "--json", "out.json"]
        if load.steps:
            flow.write_rows(folder)
            (folder / "flow.json").write_text(json.dumps({"name": "flow", "steps": _steps(load)}))
            told += ["--scenario", "flow.json", "--data", f"{flow.SOURCE}={flow.SOURCE}.csv"]
            return [*told, "-u", str(load.users), "--think-time", "0", load.url]
        (folder / "body.json").write_text(body_of(load))
        told += ["-m", "POST", "-H", "Content-Type: application/json", "-p", "body.json"]
        return [*told, "-c", str(load.users), url_of(load)]

    def said(self, output: str, folder: Path) -> Said:
        out = json.loads((folder / "out.json").read_text())
        return Said(out["total_requests"], out["total_errors"], out["duration_sec"])


def _steps(load: Load) -> list[dict[str, Any]]:
    user = f"${{{flow.SOURCE}.{flow.COLUMN}}}"
    sent = json.dumps(flow.job("${uuid()}", user, "x" * load.payload_bytes))
    submit = _step("submit", "POST", load.path, JSON) | {"body": sent}
    submit["extract"] = {"job": {"json": "$.id"}}
    if load.steps == 1:
        return [submit]
    login = _step("login", "POST", "/login", FORM) | {"body": f"user={user}"}
    login["extract"] = {"token": {"json": "$.id"}}
    known = {"Authorization": "Bearer ${token}"}
    place = f"{load.path}/${{job}}"
    return [
        login,
        submit | {"headers": JSON | known},
        _step("wait", "GET", place, known),
        _step("fetch", "GET", f"{place}/result", known),
    ]


def _step(name: str, method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "method": method, "path": path, "headers": headers, "assert_status": 201}
