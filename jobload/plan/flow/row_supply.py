"""The rows of the sources of a run, and whether they are enough for what is planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, sqrt

from jobload.plan.flow.data import DataSource, read
from jobload.plan.flow.sources import SourceKey, key_of
from jobload.plan.flow.table import Table
from jobload.plan.problem import PlanError, Problem, collected
from jobload.plan.profile import planned_arrivals
from jobload.plan.scenario import Scenario

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
    using = {
        f"{s.name}.data.{name}": s for s in scenarios for name in s.data if _is(s.data[name], key)
    }
    planned = sum(_planned(s) for s in scenarios for n in s.data if _is(s.data[n], key))
    varies = any(scenario.arrivals == "poisson" for scenario in using.values())
    needed = ceil(planned + (DEVIATIONS * sqrt(planned) if varies else 0.0) - ROUNDING)
    if needed <= rows:
        return None
    plans = f"the plan has {round(planned):,} operations"
    if varies:
        plans += f", which at random times may become {needed:,}"
    return (
        f"holds {rows:,} rows, and {plans} that each need one of their own ({', '.join(using)});"
        " add rows, plan fewer operations, or use each: loop"
    )


def _is(source: DataSource, key: SourceKey) -> bool:
    return key_of(source) == key


def _planned(scenario: Scenario) -> float:
    return sum(_arrivals(scenario))


def _arrivals(scenario: Scenario) -> Iterator[float]:
    for stage in scenario.stages():
        yield planned_arrivals(stage) or 0.0
