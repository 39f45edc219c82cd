"""`jobload validate`: what is wrong with the files, or what they say."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.lifecycle.files import (
    check_named,
    comes_with_jobload,
    find_locustfile,
    find_scenarios,
    find_thresholds,
    set_locustfile,
)
from jobload.lifecycle.locustfile import LocustfileUsers, read_locustfile
from jobload.lifecycle.observe.prometheus import Prometheus, origin_of
from jobload.lifecycle.scenario_check import (
    flaws_of,
    has_own_users,
    lacks_of,
    never_started,
    unheard,
    unread,
)
from jobload.load.flow.preview import previews
from jobload.load.users.workload import label, watched_labels
from jobload.plan.counted import counted
from jobload.plan.flow.as_it_stands import as_it_stands
from jobload.plan.flow.reused_rows import reused_rows
from jobload.plan.flow.row_supply import check_supply, read_tables
from jobload.plan.flow.sources import sources_of
from jobload.plan.flow.unused import SHIPPED, unused
from jobload.plan.headers import ENVIRONMENT
from jobload.plan.outline import outline_lines
from jobload.plan.plan_file import PlanFile, load_plan_file
from jobload.plan.problem import PlanError, Problem, collected
from jobload.plan.scenario import Scenario
from jobload.plan.scenario_fields import FLOW_USER
from jobload.plan.shapes.custom import CUSTOM, custom_scenario

ENDPOINTS: Mapping[str, Callable[[Scenario], tuple[str, ...]]] = {
    "JobSubmitter": lambda scenario: (label(scenario),),
    "JobFollower": lambda scenario: (label(scenario),),
    "JobWatcher": watched_labels,
    FLOW_USER: lambda scenario: scenario.labels_of_steps,
}
"""As the classes say, which to import would be to import Locust."""
NO_THRESHOLDS = "no threshold file, so only the implied checks hold"


def validate(arguments: argparse.Namespace) -> int:
    """PlanError with all that is wrong."""
    path = find_scenarios(arguments.scenarios)
    plan_file, file = _read(path, check_named("-f", arguments.locustfile))
    thresholds = find_thresholds(
        arguments.thresholds, arguments.scenarios, own_users=bool(file and file.mix)
    )
    unmeasured = file.unmeasured if file is not None else []
    problems: list[Problem] = []
    with collected(problems):
        checks = load_threshold_file(
            thresholds,
            {**_customs(file), **plan_file.scenarios},
            endpoints=lambda scenario: _endpoints(scenario, file.mix if file is not None else ()),
            has_own_users=lambda scenario: has_own_users(scenario, unmeasured),
            observe=plan_file.observe,
        )
    if plan_file.observe is not None:
        with collected(problems):
            origin_of(plan_file.observe)
    for scenario in plan_file.scenarios.values():
        problems += flaws_of(scenario)
        said = plan_file.said.get(scenario.name, ())
        problems += unheard(scenario, said, unmeasured)
        problems += never_started(scenario, file.unweighted if file is not None else ())
    with collected(problems):
        tables = read_tables([*plan_file.scenarios.values()])
        runs = [[name] for name in plan_file.scenarios] + [*plan_file.suites.values()]
        for names in runs:
            with collected(problems):
                scenarios = [plan_file.scenarios[name] for name in names]
                check_supply(scenarios, {k: tables[k] for k in sources_of(scenarios)})
    if problems:
        raise PlanError(dict.fromkeys(problems))
    print("\n".join(outline_lines(plan_file.scenarios.values())), end="\n\n")
    written = {name: each for name, each in plan_file.scenarios.items() if name in plan_file.said}
    for title, requests in _requests(written.values()):
        print(f"{title} sends", *requests, sep="\n  ", end="\n\n")
    for suite, names in plan_file.suites.items():
        print(f"suite {suite}: {', '.join(names)}")
    of_plan = counted(len(written), "scenario"), counted(len(plan_file.suites), "suite")
    print(f"\n{path}: {', '.join(of_plan)}")
    count = sum(not spec.implied for specs in checks.values() for spec in specs)
    with_implied = f"{thresholds}: {counted(count, 'check')}, besides the implied ones"
    print(NO_THRESHOLDS if thresholds is None else with_implied)
    if file is not None:
        print(f"{file.path}: {', '.join(file.users)}")
    for scenario in plan_file.scenarios.values():
        _note(f"{scenario.name}: ", lacks_of(scenario, os.environ))
        for sentence in unread(scenario, plan_file.said.get(scenario.name, ()), unmeasured):
            print(f"note: {scenario.name}: {sentence}")
        for sentence in (*as_it_stands(scenario), *reused_rows(scenario)):
            print(f"note: {scenario.name}: {sentence}")
    for sentence in unused(plan_file.scenarios.values()):
        print(f"note: {sentence}")
    if plan_file.observe is not None:
        lacking: list[Problem] = []
        with collected(lacking):
            Prometheus(plan_file.observe, os.environ)
        _note("", lacking)
    return 0


def _read(path: Path, named: str | None) -> tuple[PlanFile, LocustfileUsers | None]:
    """With the locustfile that a run would take. To read one is to run it, in a process of its own;
    of the one that comes with jobload this is done only where others than its users are named."""
    theirs = named or os.environ.get("LOCUST_LOCUSTFILE") or set_locustfile()
    locustfile = theirs or find_locustfile()
    if comes_with_jobload(Path(locustfile)):
        plan_file = load_plan_file(path)
        if all(scenario.users_mix.keys() <= SHIPPED for scenario in plan_file.scenarios.values()):
            return plan_file, None
    file = read_locustfile(str(locustfile))
    return load_plan_file(path, known_users=file.users, default_mix=file.mix), file


def _customs(file: LocustfileUsers | None) -> dict[str, Scenario]:
    if file is None or not file.has_own_shape:
        return {}
    return {CUSTOM: custom_scenario(file.mix)}


def _endpoints(scenario: Scenario, written: Collection[str]) -> tuple[str, ...] | None:
    """None where users of somebody's own, which are not asked, have theirs."""
    users = [*scenario.users_mix]
    if any(user in written or user not in ENDPOINTS for user in users):
        return None
    return tuple(dict.fromkeys(each for user in users for each in ENDPOINTS[user](scenario)))


def _requests(scenarios: Iterable[Scenario]) -> Iterator[tuple[str, list[str]]]:
    """Each kind of operation once, with the names of those that send it."""
    senders: dict[tuple[str, ...], list[str]] = {}
    for scenario in scenarios:
        if scenario.users_mix.keys() <= {FLOW_USER, "JobSubmitter"}:
            senders.setdefault(tuple(previews(scenario)), []).append(scenario.name)
    for requests, names in senders.items():
        yield ", ".join(names), [*requests]


def _note(of: str, lacking: Iterable[Problem]) -> None:
    """No mistake of the plan: who checks a plan may not hold the secrets of who runs it."""
    for problem in lacking:
        named = "" if problem.file == ENVIRONMENT else f"{problem.file} "
        print(f"note: {of}{problem.key}: {named}{problem.message}")
