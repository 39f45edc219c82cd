"""A run as a line of results/history.jsonl."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from pydantic import JsonValue

from jobload.report.result.model import Result, Scenario, Topology
from jobload.report.result.scenario_total import plan_hash, scenario_total

EMBEDDED = "embedded"


def history_entry(result: Result) -> dict[str, object]:
    environment = result.environment
    return {
        "run_id": result.run_id,
        "started_at": result.started_at,
        "status": result.status,
        "exit_code": result.exit_code,
        "scenarios": [scenario.name for scenario in result.scenarios],
        "host": result.host,
        "workers": len(result.topology.workers),
        "total_requests": result.total.total_requests,
        "throughput_rps": result.total.throughput_rps,
        "error_rate_percent": result.total.error_rate_percent,
        "p99_latency_ms": result.total.p99_latency_ms,
        "target": _target(result),
        "target_version": environment.get("target_version"),
        "revision": environment.get("git_revision"),
        "machine": machine_text(environment),
        "topology": _topology(result.topology),
        "series": list(_series(result)),
    }


def _target(result: Result) -> str:
    """The embedded one has another port each time."""
    version = str(result.environment.get("target_version"))
    return EMBEDDED if version.startswith(EMBEDDED) else result.host


def machine_text(environment: Mapping[str, JsonValue]) -> str:
    return (
        f"{environment.get('processor') or 'unknown'}, {environment.get('cpu_count') or '?'} CPUs"
    )


def _topology(topology: Topology) -> str:
    count = len(topology.workers)
    return f"{topology.mode}, {count} process{'' if count == 1 else 'es'}"


def _series(result: Result) -> Iterator[dict[str, object]]:
    for name, repetitions in result.repetitions.items():
        yield {
            "scenario": name,
            "plan": plan_hash(repetitions[0]),
            "left_out": result.distrust or _why_left_out(repetitions),
            **asdict(scenario_total(repetitions)),
        }


def _why_left_out(repetitions: list[Scenario]) -> str | None:
    """As when runs are compared: only what can be trusted and ran to its end."""
    if any(scenario.cut_off is not None for scenario in repetitions):
        return "ended early"
    judged = all(any(stage.judged for stage in s.stages) for s in repetitions)
    return None if judged else "no judged stage"
