"""What a plan gives a name and never takes: no mistake, but seldom meant.

Captures are left out: a reply that lacks what is captured has failed, so each is a check as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress

from jobload.plan.flow.template import Name, template, texts
from jobload.plan.plan_file import ADHOC
from jobload.plan.scenario import Scenario
from jobload.plan.scenario_fields import FLOW_USER

SHIPPED = frozenset({FLOW_USER, "JobSubmitter", "JobFollower", "JobWatcher"})
"""Users that take a value where the plan says so only; of those of others nothing is known."""


def unused(scenarios: Iterable[Scenario]) -> Iterator[str]:
    """What several scenarios share, by `defaults` as a rule, is of use if it is to one of them."""
    shared: dict[tuple[str, str, str], list[Scenario]] = {}
    scenarios = [*scenarios]
    yield from _idle_limits(scenarios)
    for scenario in scenarios:
        for field in ("data", "variables"):
            for name, value in getattr(scenario, field).items():
                shared.setdefault((field, name, repr(value)), []).append(scenario)
    for (field, name, _), those in shared.items():
        if not any(_may_take(each, name) for each in those):
            names = ", ".join(each.name for each in those if each.name != ADHOC) or ADHOC
            meant = f"{{{{ {name}{'.COLUMN' if field == 'data' else ''} }}}}"
            yield (
                f"{names}: {field}.{name}: nothing takes it; leave it out, or write {meant}"
                " where it is meant"
            )


def _idle_limits(scenarios: Sequence[Scenario]) -> Iterator[str]:
    have_steps = [bool(s.all_flows) or not s.users_mix.keys() <= SHIPPED for s in scenarios]
    of_use = {s.operation_timeout_s for s in compress(scenarios, have_steps)}
    for scenario in scenarios:
        if scenario.operation_timeout_s not in {None, *of_use}:
            yield f"{scenario.name}: operation_timeout: is of steps; one request has its timeout"


def _may_take(scenario: Scenario, name: str) -> bool:
    if not scenario.users_mix.keys() <= SHIPPED:
        return True
    steps = (step for flow in scenario.all_flows.values() for step in flow.steps)
    written = [*texts((), scenario.variables), *(each for step in steps for each in step.filled())]
    return any(
        isinstance(part, Name) and name == (part.source or part.text)
        for _, text in written
        for part in (template(text).expressions if "{{" in text else ())
    )
