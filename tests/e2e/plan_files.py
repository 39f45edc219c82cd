"""Scenario and threshold files of a test's own, and the shapes that tests use most."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Fields = dict[str, Any]


def write_plan(
    folder: Path,
    scenarios: Mapping[str, Fields],
    thresholds: Mapping[str, list[Fields]] | None = None,
    suites: Mapping[str, list[str]] | None = None,
) -> list[str]:
    """The options that make Locust use them; JSON is YAML too."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "scenarios": {"scenarios": scenarios} | ({"suites": suites} if suites else {}),
        "thresholds": {"scenarios": thresholds or {}},
    }
    options = []
    for name, content in files.items():
        path = folder / f"{name}.yaml"
        path.write_text(json.dumps(content))
        options += [f"--{name}", str(path)]
    return options


def steady(
    users: int, rate: float | None, duration_s: float, warm_up_s: float = 2.0, **fields: Any
) -> Fields:
    """All users run before `hold`, the stage that counts, begins."""
    stages: list[Fields] = [
        {"name": "warm-up", "duration": f"{warm_up_s}s", "users": users, "judged": False},
        {"name": "hold", "duration": f"{duration_s}s", "users": users},
    ]
    if rate is not None:
        for stage in stages:
            stage["rate"] = rate
    return {"shape": "staged", "stages": stages, "payload_bytes": 256} | fields


def ramp(
    users: int, rate: float | None, ramp_up_s: float, duration_s: float, **fields: Any
) -> Fields:
    shape = {"shape": "ramp", "users": users, "ramp_up": f"{ramp_up_s}s", "payload_bytes": 256}
    timed: Fields = shape | {"duration": f"{duration_s}s"}
    return timed | ({} if rate is None else {"rate": rate}) | fields


def disturbed(scenarios: Mapping[str, Fields]) -> dict[str, str]:
    """What locustfiles/disturbed.py has to know, by name of scenario."""
    return {"E2E_DISTURBED": json.dumps(scenarios)}
