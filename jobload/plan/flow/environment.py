"""Variables of the environment that the steps of a scenario name: filled in, and never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from jobload.plan.flow.template import Secret, template, texts
from jobload.plan.headers import ENVIRONMENT, missing_variable, secret_values
from jobload.plan.problem import Path, PlanError, key_text, option_problem

if TYPE_CHECKING:
    from jobload.plan.scenario_fields import Scenario


def check_environment(scenario: Scenario, environ: Mapping[str, str]) -> None:
    """PlanError naming every variable that is missing."""
    problems = [
        option_problem(ENVIRONMENT, missing_variable(variable), key=key_text(path))
        for path, variable in dict.fromkeys(_variables(scenario))
        if not environ.get(variable)
    ]
    if problems:
        raise PlanError(problems)


def secrets_of(scenario: Scenario, environ: Mapping[str, str]) -> set[str]:
    """What no output may show: these variables, and headers whose names say so."""
    found = {environ.get(variable, "") for _, variable in _variables(scenario)}
    for flow in scenario.all_flows.values():
        for step in flow.steps:
            constant = {name: text for name, text in step.headers.items() if "{{" not in text}
            found.update(secret_values(constant, environ))
    return found - {""}


def _variables(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    for path, text in _filled(scenario):
        for part in template(text).expressions if "${" in text else ():
            if isinstance(part, Secret):
                yield path, part.variable


def _filled(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    yield from texts(("variables",), scenario.variables)
    for name, flow in scenario.all_flows.items():
        at: Path = ("steps",) if scenario.steps is not None else ("flows", name, "steps")
        for index, step in enumerate(flow.steps):
            for path, text in step.filled():
                yield (*at, index, *path), text
