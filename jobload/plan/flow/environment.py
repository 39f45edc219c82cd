"""Variables of the environment that the steps of a scenario name: filled in, and never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jobload.plan.flow.template import Secret, template
from jobload.plan.headers import ENVIRONMENT, missing_variable, secret_values
from jobload.plan.problem import Path, PlanError, key_text, option_problem

if TYPE_CHECKING:
    from jobload.plan.base import Scenario


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
    written = scenario.dump()
    for key in ("variables", "steps", "flows"):
        for path, text in _texts((key,), written.get(key)):
            for part in template(text).expressions if "${" in text else ():
                if isinstance(part, Secret):
                    yield path, part.variable


def _texts(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts((*path, key), each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts((*path, index), each)
