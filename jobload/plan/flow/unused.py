"""What a plan gives a name and never takes: no mistake, but seldom meant.

Captures are left out: a reply that lacks what is captured has failed, so each is a check as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jobload.plan.flow.template import names_in, texts
from jobload.plan.plan_file import ADHOC
from jobload.plan.scenario import Scenario
from jobload.plan.scenario_fields import NEVER_FOLLOW, ONE_REQUEST, PAYLOAD_BYTES

SHIPPED = ONE_REQUEST | NEVER_FOLLOW
"""Users that take a value where the plan says so only; of those of others nothing is known."""


def unused(scenarios: Iterable[Scenario]) -> Iterator[str]:
    """What several scenarios share, by `defaults` as a rule, is of use if it is to one of them."""
    scenarios = [*scenarios]
    yield from _idle_fields(scenarios)
    shared: dict[tuple[str, str, str], list[Scenario]] = {}
    for scenario in scenarios:
        for field in ("data", "variables"):
            for name, value in getattr(scenario, field).items():
                shared.setdefault((field, name, repr(value)), []).append(scenario)
    for (field, name, _), those in shared.items():
        if not any(_may_take(each, name) for each in those):
            names = _listed([each.name for each in those])
            meant = f"{{{{ {name}{'.COLUMN' if field == 'data' else ''} }}}}"
            yield (
                f"{names}: {field}.{name}: nothing takes it; leave it out, or write {meant}"
                " where it is meant"
            )


def _idle_fields(scenarios: Sequence[Scenario]) -> Iterator[str]:
    found: dict[tuple[str, str, str], list[str]] = {}
    of_use: set[tuple[str, str]] = set()
    for scenario in scenarios:
        idle = dict(scenario.idle())
        for key, value in scenario.dump().items():
            if key not in idle:
                of_use.add((key, repr(value)))
            elif value not in (None, PAYLOAD_BYTES):
                found.setdefault((key, repr(value), idle[key]), []).append(scenario.name)
    for (key, value, sentence), names in found.items():
        if (key, value) not in of_use:
            yield f"{_listed(names)}: {key}: {sentence}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name for name in names if name != ADHOC) or ADHOC


def _may_take(scenario: Scenario, name: str) -> bool:
    if not scenario.users_mix.keys() <= SHIPPED:
        return True
    filled = (each for step in scenario.all_steps for each in step.filled())
    written = [text for _, text in (*texts((), scenario.variables), *filled)]
    return any(name == (each.source or each.text) for each in names_in(written))
