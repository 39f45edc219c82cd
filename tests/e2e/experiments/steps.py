"""V17: three steps whose delays are scripted, each step and the whole against what was put in."""

from typing import Any

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.plan_files import Fields, steady, write_plan
from e2e.truth_server import running_server

RATE = 40
DELAYS_MS: dict[str, dict[str, int]] = {
    "first": {"20": 1000},
    "second": {"30": 900, "250": 100},
    "third": {"50": 1000},
}
PERCENTILES = {
    "first": {"p50": 20, "p95": 20},
    "second": {"p50": 30, "p95": 250},
    "third": {"p50": 50, "p95": 50},
    None: {"p50": 100, "p95": 320},
}
PLACES = {"first": "POST /first", "second": "GET /second", "third": "GET /third"}


def steps(setting: Setting, claims: Claims) -> None:
    hold_s = 30 if setting.full_length else 8
    plan: Fields = {
        "steps": [
            {"name": "first", "post": "/first", "json": {"n": "{{ unique }}"}},
            {"name": "second", "get": "/second"},
            {"pause": "15ms"},
            {"name": "third", "get": "/third"},
        ]
    }
    scenario = steady(30, RATE, hold_s, **plan)
    del scenario["payload_bytes"]
    checks: list[Fields] = [
        {"metric": metric, "expect": "<= 10s"} | ({"endpoint": step} if step else {})
        for step, expected in PERCENTILES.items()
        for metric in expected
    ]
    options = write_plan(setting.folder, {"light": scenario}, {"light": checks})
    by_path: dict[str, Any] = {
        f"/{step}": ("mixture", {"per_mille": per_mille, "seed": 5})
        for step, per_mille in DELAYS_MS.items()
    }
    with running_server("by-path", paths=by_path) as server:
        outcome = setting.run(claims, server, *options, within_s=hold_s + 40)
        facts = server.facts()
    for check in outcome.scenario("light")["checks"]:
        expected_ms = PERCENTILES.get(check["endpoint"], {}).get(check["metric"])
        if expected_ms is not None:
            if (check["endpoint"], check["metric"]) == (None, "p50"):
                # Each step of it begins late by what the server itself is late with.
                expected_ms = sum(facts["took_p50_ms"][place] for place in PLACES.values())
            what = f"{check['endpoint'] or 'operation'} {check['metric']}"
            claims.near(what, check["value"], expected_ms, max(2, 0.01 * expected_ms))
    for step, place in PLACES.items():
        attempts = sum(
            endpoint["attempts"]
            for stage in outcome.stages
            for endpoint in stage["endpoints"]
            if endpoint["name"] == step
        )
        claims.equal(f"{step}: requests", attempts, facts["requests"][place])
    claims.equal("failed", outcome.sum("failed"), 0)
