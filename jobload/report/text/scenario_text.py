"""A scenario's configuration and limits in words."""

from __future__ import annotations

from typing import Any

from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.plan.duration import format_duration
from jobload.plan.flow.step import METHODS
from jobload.plan.flow.unused import SHIPPED
from jobload.plan.request import WITHOUT_BODY
from jobload.plan.scenario_fields import OF_ONE_REQUEST
from jobload.report.result.model import Scenario

LEADING = ("shape", "users", "rate", "rate_per_user", "duration", "step", "ramp_up")
HIDDEN = {"name", "stages", "variables"}
OF_ONE_CLIENT = ("timeout", "retries")


def scenario_title(scenario: Scenario) -> str:
    again = f" (repetition {scenario.repetition})" if scenario.repetition > 1 else ""
    return scenario.name + again


def limit_text(spec: CheckSpec) -> str:
    parts = [spec.metric, spec.expect]
    if spec.for_s is not None:
        parts.append(f"for {format_duration(spec.for_s)}")
    if spec.within_percent is not None:
        parts.append(f"in {spec.within_percent:g} % of windows")
    if spec.grace_s:
        parts.append(f"after {format_duration(spec.grace_s)}")
    parts += [f"({word})" for word in (spec.stage, spec.endpoint) if word]
    parts += [f"[{word}]" for word in _notes(spec)]
    return " ".join(parts)


def _notes(spec: CheckSpec) -> list[str]:
    notes = ["warn"] if spec.level == "warn" else []
    notes += [f"ends the {spec.abort}"] if spec.abort else []
    notes += ["implied"] if spec.implied else []
    return notes


def configuration_text(scenario: Scenario) -> str:
    """The fields as they are written in scenarios.yaml, the shape and the load first."""
    configuration: dict[str, Any] = {**scenario.configuration}
    shown = {k: v for k, v in configuration.items() if k not in HIDDEN and not _is_empty(v)}
    if "payload" in shown or shown.get("method") in WITHOUT_BODY:
        shown.pop("payload_bytes", None)
    if {"steps", "flows"} & shown.keys():
        shown = {k: v for k, v in shown.items() if k not in OF_ONE_REQUEST}
    elif not _sends_the_request(scenario):
        shown = {k: v for k, v in shown.items() if k not in (*OF_ONE_REQUEST, *OF_ONE_CLIENT)}
    if shown.get("retry", {}).get("times") is not None:
        shown.pop("retries", None)
    if "steps" in shown:
        shown["steps"] = _steps_text(shown["steps"])
    if "flows" in shown:
        shown["flows"] = {
            name: f"{flow.get('weight', 1)}× {_steps_text(flow.get('steps', []))}"
            for name, flow in shown["flows"].items()
        }
    order = [key for key in LEADING if key in shown]
    order += [key for key in shown if key not in order]
    return ", ".join(
        _value_text(shown[key]) if key == "shape" else f"{key} {_value_text(shown[key])}"
        for key in order
    )


def _sends_the_request(scenario: Scenario) -> bool:
    """What users of somebody's own in Python send, and how, is theirs to say."""
    configuration: dict[str, Any] = {**scenario.configuration}
    if SHIPPED & {*configuration.get("users_mix", SHIPPED)}:
        return True
    request = f"{configuration.get('method')} {configuration.get('endpoint')}"
    endpoints = [each for stage in scenario.stages for each in stage.endpoints]
    return any(each.name == request and not each.is_step for each in endpoints)


def _steps_text(steps: list[dict[str, Any]]) -> str:
    return " → ".join(map(_step_text, steps))


def _step_text(step: dict[str, Any]) -> str:
    if "pause" in step:
        return f"pause {step['pause']}"
    method = next((name for name in METHODS if name in step), "")
    return str(step.get("name") or f"{method.upper()} {step.get(method, '')}")


def _is_empty(value: object) -> bool:
    return value is None or value in ({}, [])


def _value_text(value: object) -> str:
    if isinstance(value, dict):
        inner = (f"{k} {_value_text(v)}" for k, v in value.items() if not _is_empty(v))
        return "(" + " ".join(inner) + ")"
    if isinstance(value, list | tuple):
        return "/".join(map(_value_text, value))
    if isinstance(value, float):
        return f"{value:.9g}"
    return str(value).lower() if isinstance(value, bool) else str(value)
