"""Scenarios as plain data, one of each shape."""

from typing import Any

LIGHT: dict[str, Any] = {
    "name": "light",
    "shape": "ramp",
    "users": 10,
    "ramp_up": "5s",
    "duration": "30s",
    "rate": 50,
}
ENDURANCE = {**LIGHT, "name": "endurance", "shape": "endurance"}
SPIKE: dict[str, Any] = {
    "name": "spike",
    "shape": "spike",
    "users": 50,
    "rate": 200,
    "duration": "30s",
    "baseline": {"users": 10, "rate": 40, "duration": "5s"},
    "ramp_up": "2s",
    "recovery": "8s",
}
STRESS: dict[str, Any] = {
    "name": "stress",
    "shape": "step_stress",
    "users": [50, 100],
    "rate_per_user": 3,
    "step": "20s",
    "ramp_up": "5s",
}
ADHOC: dict[str, Any] = {"name": "adhoc", "shape": "adhoc", "users": 20, "spawn_rate": 5}
STAGED: dict[str, Any] = {
    "name": "staged",
    "shape": "staged",
    "stages": [
        {"name": "climb", "duration": "10s", "users_from": 0, "users": 20, "rate": 100},
        {"name": "plateau", "duration": "20s", "users": 20, "rate": 100},
        {"name": "fall", "duration": "5s", "users_from": 20, "users": 0, "rate": 100},
    ],
}
ALL = [LIGHT, ENDURANCE, SPIKE, STRESS, ADHOC, STAGED]
