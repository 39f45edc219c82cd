"""Which scenarios run, and with which figures: --scenario, --suite, --set, --no-rate, --repeat."""

from collections.abc import Collection, Sequence
from typing import Any

from jobload.plan.override import Override, apply_overrides, parse_override
from jobload.plan.plan_file import PlanFile
from jobload.plan.problem import PlanError, Problem, did_you_mean, listing, option_problem, shown
from jobload.plan.scenario import Scenario

DEFAULT_SCENARIO = "light"
MOST_REPEATS = 1000
_RATES = ("rate", "rate_per_user", "arrivals")
_RATED = (*_RATES, "baseline", "stages")
"""Fields that are of a rate, or hold one."""


def resolve(
    plan_file: PlanFile,
    *,
    scenario: str | None = None,
    suite: str | None = None,
    overrides: Sequence[str] = (),
    no_rate: bool = False,
    repeat: int = 1,
    known_users: Collection[str] | None = None,
) -> list[Scenario]:
    """The scenarios of a run in order; PlanError with every problem of the options."""
    problems: list[Problem] = []
    names = _names(plan_file, _cleaned(scenario), _cleaned(suite), problems)
    if not 1 <= repeat <= MOST_REPEATS:
        message = f"expected a number from 1 to {MOST_REPEATS}"
        problems.append(option_problem(f"--repeat {repeat}", message))
    parsed = [parse_override(text, problems) for text in overrides]
    changes = [override for override in parsed if override is not None]
    chosen = _changed(plan_file, names, changes, known_users, problems)
    if no_rate:
        problems += [
            option_problem("--no-rate", f"{each.name} searches for a rate and can't do without one")
            for each in chosen.values()
            if each.search() is not None
        ]
        problems += [
            option_problem(f"--no-rate {change.option}", "say opposite things; give one of the two")
            for change in changes
            if _is_about_rate(change)
        ]
    if problems:
        raise PlanError(_without_echoes(problems))
    if no_rate:
        chosen = {name: each.without_rate() for name, each in chosen.items()}
    return [chosen[name] for name in names] * repeat


def _is_about_rate(change: Override) -> bool:
    return change.path[0] in _RATED and _says_rate(change.path[-1], change.value)


def _says_rate(key: str, value: Any) -> bool:
    if isinstance(value, dict):
        return any(_says_rate(*each) for each in value.items())
    if isinstance(value, list):
        return any(_says_rate(key, each) for each in value)
    return key in _RATES


def _without_echoes(problems: list[Problem]) -> list[Problem]:
    """What is wrong in the same way with several scenarios is said of the first one only."""
    first = {(problem.file, problem.message): problem for problem in reversed(problems)}
    return list(reversed(first.values()))


def _cleaned(name: str | None) -> str:
    return (name or "").strip().lower()


def _names(plan_file: PlanFile, scenario: str, suite: str, problems: list[Problem]) -> list[str]:
    if scenario and suite:
        option = f"--scenario {scenario} --suite {suite}"
        problems.append(option_problem(option, "give one of the two, not both"))
        return []
    if suite:
        _check_known("suite", suite, plan_file.suites, problems)
        return plan_file.suites.get(suite, [])
    if not scenario and DEFAULT_SCENARIO not in plan_file.scenarios:
        there = listing([*plan_file.scenarios])
        problems.append(option_problem("--scenario", f"say which one runs: {there}"))
        return []
    name = scenario or DEFAULT_SCENARIO
    _check_known("scenario", name, plan_file.scenarios, problems)
    return [name] if name in plan_file.scenarios else []


def _check_known(kind: str, name: str, known: Collection[str], problems: list[Problem]) -> None:
    if name not in known:
        message = f"no {kind} is called {shown(name)}; {did_you_mean(name, known)}"
        problems.append(option_problem(f"--{kind} {name}", message))


def _changed(
    plan_file: PlanFile,
    names: Sequence[str],
    overrides: Sequence[Override],
    known_users: Collection[str] | None,
    problems: list[Problem],
) -> dict[str, Scenario]:
    return {
        name: apply_overrides(plan_file.scenarios[name], overrides, known_users, problems)
        for name in dict.fromkeys(names)
    }
