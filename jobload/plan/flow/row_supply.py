"""The rows of the sources of a run, and whether they are enough for what is planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, sqrt

from jobload.plan.counted import counted
from jobload.plan.flow.data import read
from jobload.plan.flow.sources import (
    SourceKey,
    key_of,
    sources_of_steps,
    sources_of_users,
    sources_of_variables,
)
from jobload.plan.flow.table import Table
from jobload.plan.problem import PlanError, Problem, collected
from jobload.plan.profile import planned_arrivals
from jobload.plan.scenario import Scenario
from jobload.plan.scenario_fields import FLOW_USER

ROUNDING = 1e-6
DEVIATIONS = 4.0
"""Random arrivals come to more than so many standard deviations above their mean once in 30,000
runs."""


def read_tables(scenarios: Sequence[Scenario]) -> dict[SourceKey, Table]:
    """Each file once; PlanError with what is wrong with any of them."""
    sources = {key_of(s): s for scenario in scenarios for s in scenario.data.values()}
    problems: list[Problem] = []
    tables: dict[str, Table] = {}
    for key, source in sources.items():
        if key.file not in tables:
            with collected(problems):
                tables[key.file] = read(source)
    if problems:
        raise PlanError(problems)
    return {key: tables[key.file] for key in sources}


def check_supply(scenarios: Sequence[Scenario], tables: Mapping[SourceKey, Table]) -> None:
    """`scenarios` as they run, one after the other. PlanError naming each source that has fewer
    rows than operations are planned for it, as far as that is known: not without a rate."""
    problems = [
        Problem(key.file, None, None, "", sentence)
        for key, table in tables.items()
        if key.each == "once" and (sentence := _shortage(scenarios, key, len(table)))
    ]
    if problems:
        raise PlanError(problems)


def _shortage(scenarios: Sequence[Scenario], key: SourceKey, rows: int) -> str | None:
    uses = [(s, name) for s in scenarios for name, d in s.data.items() if key_of(d) == key]
    varies = any(scenario.arrivals == "poisson" for scenario, _ in uses)
    planned = users = 0.0
    for scenario, name in uses:
        operations = _planned(scenario) * _share(scenario, name)
        if name in sources_of_users(scenario):
            users += min(operations, _users_begun(scenario))
        else:
            planned += operations
    needed = ceil(planned + users + (DEVIATIONS * sqrt(planned) if varies else 0.0) - ROUNDING)
    if needed <= rows:
        return None
    plans = f"the plan has {round(planned):,} operations"
    if varies and planned:
        plans += f", which at random times may become {needed - ceil(users):,}"
    if users:
        those = f"{ceil(users):,} users"
        plans = f"{plans} and {those}" if planned else f"the plan has {those}"
    where = ", ".join(dict.fromkeys(f"{scenario.name}.data.{name}" for scenario, name in uses))
    fewer = "operations" if planned else "users"
    return (
        f"holds {counted(rows, 'row')}, and {plans} that each need one of their own ({where}); add"
        f" rows, plan fewer {fewer}, or use each: loop"
    )


def _users_begun(scenario: Scenario) -> int:
    """Those of a later rise are others than those that a fall has ended."""
    count = before = 0
    for stage in scenario.stages():
        count += max(0, stage.users_from - before) + max(0, stage.users_to - stage.users_from)
        before = stage.users_to
    return count


def _planned(scenario: Scenario) -> float:
    return sum(planned_arrivals(stage) or 0.0 for stage in scenario.stages())


def _share(scenario: Scenario, source: str) -> float:
    """Of the operations, those that take a row of it. What users of one's own take is not known:
    where there are no others, it is thought to be one each."""
    flows = scenario.all_flows
    if not flows:
        return 1.0
    weights = {name: flow.weight for name, flow in flows.items()}
    everywhere = source in sources_of_variables(scenario.variables)
    taking = sum(
        weights[name]
        for name, flow in flows.items()
        if everywhere or source in sources_of_steps(flow.steps)
    )
    mix = scenario.users_mix
    return taking / sum(weights.values()) * mix.get(FLOW_USER, 0) / sum(mix.values())
