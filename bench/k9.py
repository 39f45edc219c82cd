"""k9-load: a generator with a Rust core, in an environment of its own; and its form of a flow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import flow
from bench.load import Load

PACKAGE = "k9-load==0.1.0"
INSTALL_WITHIN_S = 300.0


def k9_command() -> str | None:
    """Installed once, within the environment of this one; None where it can't be had."""
    folder = Path(sys.prefix) / "bench" / PACKAGE
    command = folder / "bin/k9"
    if not command.exists():
        for step in (
            [sys.executable, "-m", "venv", str(folder)],
            [str(folder / "bin/pip"), "install", "--quiet", "--only-binary=:all:", PACKAGE],
        ):
            try:
                subprocess.run(step, capture_output=True, check=True, timeout=INSTALL_WITHIN_S)
            except (OSError, subprocess.SubprocessError):
                return None
    return str(command)


def write_plan(load: Load, seconds: int, folder: Path) -> Path:
    """YAML is JSON, too."""
    flow.write_rows(folder)
    user = f"{{{{ {flow.SOURCE}.{flow.COLUMN} }}}}"
    sent = flow.job("{{ uuid() }}", user, "x" * load.payload_bytes)
    place = f"{load.path}/{{{{ job }}}}"
    submit = _request(load, "POST", load.path, body=json.dumps(sent), capture="job")
    submit["headers"] = {"Content-Type": "application/json"}
    asked = [submit]
    if load.steps > 1:
        login = _request(load, "POST", "/login", body=f"user={user}", capture="token")
        login["headers"] = {"Content-Type": "application/x-www-form-urlencoded"}
        later = [_request(load, "GET", place), _request(load, "GET", f"{place}/result")]
        asked = [login, submit, *later]
        for request in (submit, *later):
            known = {"Authorization": "Bearer {{ token }}"}
            request["headers"] = {**request.get("headers", {}), **known}
    plan = {
        "options": {"vus": load.users, "duration": f"{seconds}s"},
        "feeders": {flow.SOURCE: {"file": f"{flow.SOURCE}.csv"}},
        "flows": {"default": [{"request": request} for request in asked]},
    }
    file = folder / "plan.yaml"
    file.write_text(json.dumps(plan))
    return file


def _request(
    load: Load, method: str, path: str, body: str | None = None, capture: str | None = None
) -> dict[str, Any]:
    request: dict[str, Any] = {"method": method, "url": f"{load.url}{path}"}
    request["checks"] = {"created": {"status": 201}}
    if body is not None:
        request["body"] = body
    if capture is not None:
        request["extract"] = {capture: {"json": "$.id"}}
    return request
