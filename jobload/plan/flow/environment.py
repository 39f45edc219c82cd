"""Variables of the environment that the steps of a scenario name: filled in, and never shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from jobload.plan.flow.template import texts
from jobload.plan.headers import ENVIRONMENT, obstacles, secret_values, value_flaw, variables_in
from jobload.plan.problem import Path, PlanError, key_text, option_problem

if TYPE_CHECKING:
    from jobload.plan.scenario_fields import Scenario

_HALF = re.compile("[\ud800-\udfff]")
"""Where Python keeps a byte that is not UTF-8."""
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def check_environment(scenario: Scenario, environ: Mapping[str, str]) -> None:
    """PlanError naming every variable that is missing, or can't be sent."""
    problems = [
        option_problem(ENVIRONMENT, sentence, key=key_text(path))
        for path, text, is_header in _filled(scenario)
        for sentence in obstacles(text, environ, value_flaw if is_header else _encoding_flaw)
    ]
    if problems:
        raise PlanError(problems)


def _encoding_flaw(value: str) -> str | None:
    return "is not UTF-8" if _HALF.search(value) else None


def secrets_of(scenario: Scenario, environ: Mapping[str, str]) -> set[str]:
    """What no output may show: these variables, and headers whose names say so."""
    texts_of = (text for _, text, _ in _filled(scenario))
    found = {environ.get(name, "") for text in texts_of for name in variables_in(text)}
    for step in scenario.all_steps:
        constant = {name: text for name, text in step.headers.items() if "{{" not in text}
        found.update(secret_values(constant, environ))
    return found - {""}


def _filled(scenario: Scenario) -> Iterator[tuple[Path, str, bool]]:
    """Each text with its place, an x for each {{ }}, and whether it is a header of a request."""
    for path, text in texts(("variables",), scenario.variables):
        yield path, _TEMPLATE.sub("x", text), False
    for name, flow in scenario.all_flows.items():
        at: Path = ("steps",) if scenario.steps is not None else ("flows", name, "steps")
        for index, step in enumerate(flow.steps):
            for path, text in step.filled():
                yield (*at, index, *path), _TEMPLATE.sub("x", text), path[0] == "headers"
