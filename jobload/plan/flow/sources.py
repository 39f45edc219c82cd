"""The sources of a run: a file is one, however many scenarios use it and whatever they call it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import JsonValue

from jobload.plan.flow.data import DataSource
from jobload.plan.flow.step import Step
from jobload.plan.flow.template import names_in, texts

if TYPE_CHECKING:
    from jobload.plan.scenario import Scenario


class SourceKey(NamedTuple):
    file: str
    each: Literal["loop", "once", "random"]


def key_of(source: DataSource) -> SourceKey:
    return SourceKey(os.path.normpath(source.file), source.each)


def sources_of(scenarios: Sequence[Scenario]) -> list[SourceKey]:
    """In the order in which they are first named, which numbers them in messages."""
    named = [key_of(source) for scenario in scenarios for source in scenario.data.values()]
    return [*dict.fromkeys(named)]


def sources_of_steps(steps: Iterable[Step]) -> list[str]:
    """Those that their templates name, in that order."""
    return _named(text for step in steps for _, text in step.filled())


def sources_of_users(scenario: Scenario) -> frozenset[str]:
    """Those that steps with reuse take, and nothing else: each user has one row of them."""
    steps = [step for flow in scenario.all_flows.values() for step in flow.steps]
    of_operations = {
        *sources_of_variables(scenario.variables),
        *sources_of_steps(step for step in steps if step.reuse_s is None),
    }
    return frozenset(sources_of_steps(steps)) - of_operations


def sources_of_variables(variables: Mapping[str, JsonValue]) -> list[str]:
    return _named(text for _, text in texts((), variables))


def _named(found: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(name.source for name in names_in(found) if name.source is not None)]
