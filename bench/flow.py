"""The flow that is measured: its steps, what they send, and the rows of its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

STEPS = (1, 4)
ROWS = 1000
SOURCE, COLUMN = "people", "user"


def write_rows(folder: Path) -> Path:
    file = folder / f"{SOURCE}.csv"
    file.write_text(f"{COLUMN}\n" + "".join(f"user-{n}\n" for n in range(1, ROWS + 1)))
    return file


def job(unique: str, user: str, data: str) -> dict[str, Any]:
    """As large as the job of the fixed request."""
    return {
        "job_name": f"load-test-job-{unique}",
        "args": {"model": "test-model", "data": data, "user": user},
        "priority": 1,
    }


def steps(path: str, payload_bytes: int, count: int) -> list[dict[str, Any]]:
    """Of scenarios.yaml. One submits a job with a row and keeps its id; four log in before it, wait
    for the job and fetch it."""
    sent = job("{{ unique }}", f"{{{{ {SOURCE}.{COLUMN} }}}}", f"{{{{ text({payload_bytes}) }}}}")
    good = {"status": [201]}
    submit = {"name": "submit", "post": path, "json": sent, "expect": good}
    submit["capture"] = {"job": "$.id"}
    if count == 1:
        return [submit]
    known = {"Authorization": "Bearer {{ token }}"}
    login = {"name": "login", "post": "/login", "form": {"user": f"{{{{ {SOURCE}.{COLUMN} }}}}"}}
    login |= {"expect": good, "capture": {"token": "$.id"}}
    poll = {"until": {"$.id": {"exists": True}}, "every": "10ms", "timeout": "5s"}
    place = f"{path}/{{{{ job }}}}"
    return [
        login,
        submit | {"headers": known},
        {"name": "wait", "get": place, "headers": known, "expect": good, "poll": poll},
        {"name": "fetch", "get": f"{place}/result", "headers": known, "expect": good},
    ]
