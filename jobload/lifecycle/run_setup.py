"""What a run is made of, once the options and the files are read and nothing in them is wrong."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jobload.compare.earlier_run import PastRun
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.lifecycle.files import find_scenarios, find_thresholds
from jobload.lifecycle.leader.baseline import load_baseline, missing_baseline
from jobload.lifecycle.observe.prometheus import Prometheus
from jobload.lifecycle.outside_options import trace_share
from jobload.lifecycle.scenario_check import (
    flaws_of,
    has_own_users,
    lacks_of,
    never_started,
    unheard,
)
from jobload.lifecycle.user_mix import endpoints_of, own_mix, unmeasured, unweighted
from jobload.load.http.descriptors import shortage
from jobload.plan.duration import format_duration
from jobload.plan.flow.row_supply import check_supply, read_tables
from jobload.plan.flow.sources import SourceKey
from jobload.plan.flow.table import Table
from jobload.plan.observe import Observe
from jobload.plan.override import changed_by
from jobload.plan.plan_file import ADHOC, load_plan_file
from jobload.plan.problem import PlanError, Problem, collected, option_problem
from jobload.plan.request import check_endpoint
from jobload.plan.scenario import Scenario
from jobload.plan.selection import resolve
from jobload.plan.shapes.custom import CUSTOM, custom_scenario
from jobload.report.files.write import check_results_dir

LOCUSTS_OWN = {
    "num_users": ("-u", "users"),
    "spawn_rate": ("-r", "spawn_rate"),
    "run_time": ("-t", "duration"),
}
"""How each is given, and which field of the ad hoc scenario it is."""


@dataclass(frozen=True, slots=True)
class RunSetup:
    """What shall run, and what must hold; checks by name of scenario."""

    scenarios: tuple[Scenario, ...]
    checks: dict[str, tuple[CheckSpec, ...]]
    profile_only: bool
    results_dir: Path
    baseline: PastRun | None = None
    across_versions: bool = False
    target_version: str | None = None
    """As the command line tells it; else the target may."""
    tables: dict[SourceKey, Table] = field(default_factory=dict)
    """The rows of the scenarios' sources."""
    ready: str | None = None
    """A path that must answer before any load, whatever the scenarios say of it."""
    observe: Observe | None = None
    only_implied_checks: bool = False
    """For want of a threshold file."""
    trace_share: float = 0.0
    """Of the operations, the part that is traced."""


def setup_run(
    options: Namespace,
    users: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    has_own_shape: bool = False,
) -> RunSetup:
    """Everything that can be wrong before any load; PlanError with all of it at once.

    A shape of the locustfile's own is the profile where no scenario or suite is named.
    """
    picked = getattr(options, "user_classes", None) or ()
    mix = own_mix(users, picked, getattr(options, "equal_weights", False))
    plan_file = load_plan_file(
        find_scenarios(options.scenarios), known_users=users, default_mix=mix
    )
    others = unmeasured(users)
    problems: list[Problem] = []
    own: dict[str, str] = {}
    scenarios: list[Scenario] = []
    customs = {CUSTOM: custom_scenario(mix)} if has_own_shape else {}
    if customs and not options.scenario and not options.suite:
        with collected(problems):
            scenarios = _custom(options, customs[CUSTOM])
    else:
        with collected(problems):
            own = _locusts_own(options)
        with collected(problems):
            scenarios = resolve(
                plan_file,
                scenario=options.scenario,
                suite=options.suite,
                overrides=[*own, *options.overrides],
                no_rate=options.no_rate,
                repeat=options.repeat,
                known_users=users,
            )
    for scenario in scenarios:
        problems += [*lacks_of(scenario, environ), *flaws_of(scenario)]
        said = [*plan_file.said.get(scenario.name, ()), *changed_by(options.overrides)]
        problems += unheard(scenario, said, others)
        problems += () if picked else never_started(scenario, unweighted(users))
    tables: dict[SourceKey, Table] = {}
    with collected(problems):
        tables = read_tables(scenarios)
        check_supply(scenarios, tables)
    with collected(problems):
        _check_descriptors(options, scenarios)
    with collected(problems):
        _check_ready(options.ready)
    share = 0.0
    with collected(problems):
        share = trace_share(options, scenarios)
    thresholds = find_thresholds(options.thresholds, options.scenarios, own_users=bool(mix))
    with collected(problems):
        # Those that run are checked as --set has changed them.
        changed = {scenario.name: scenario for scenario in scenarios}
        checks = load_threshold_file(
            thresholds,
            customs | plan_file.scenarios | changed,
            endpoints=lambda scenario: endpoints_of(users, scenario),
            has_own_users=lambda scenario: has_own_users(scenario, others),
            observe=plan_file.observe,
        )
    if plan_file.observe is not None:
        with collected(problems):
            Prometheus(plan_file.observe, environ)
    baseline = None
    if options.baseline is not None and scenarios:
        with collected(problems):
            baseline = load_baseline(options.baseline, scenarios)
    if not problems and options.baseline is None and not options.profile_only:
        problems += missing_baseline(scenarios, checks)
    if not problems and (sentence := check_results_dir(options.results)):
        problems.append(option_problem(f"--results {options.results}", sentence))
    if problems:
        as_given = {f"--set {override}": option for override, option in own.items()}
        raise PlanError(
            dict.fromkeys(replace(p, file=as_given.get(p.file, p.file)) for p in problems)
        )
    return RunSetup(
        scenarios=tuple(scenarios),
        checks=checks,
        profile_only=options.profile_only,
        results_dir=Path(options.results),
        baseline=baseline,
        across_versions=options.across_versions,
        target_version=options.target_version,
        tables=tables,
        ready=options.ready,
        observe=plan_file.observe,
        only_implied_checks=thresholds is None and not options.profile_only,
        trace_share=share,
    )


def _custom(options: Namespace, scenario: Scenario) -> list[Scenario]:
    if options.overrides:
        message = (
            "the locustfile's own shape has no fields to change; name a scenario with --scenario to"
            " play that instead"
        )
        raise PlanError([option_problem(f"--set {options.overrides[0]}", message)])
    if options.repeat != 1:
        message = "the locustfile's own shape is played once; run it as often as you want it"
        raise PlanError([option_problem(f"--repeat {options.repeat}", message)])
    return [scenario]


def _check_descriptors(options: Namespace, scenarios: Sequence[Scenario]) -> None:
    """Where this process makes the load; workers look for themselves."""
    users = max((scenario.most_users for scenario in scenarios), default=0)
    is_alone = not getattr(options, "master", False)
    if is_alone and (sentence := shortage(users)):
        raise PlanError([option_problem("environment", sentence)])


def _check_ready(path: str | None) -> None:
    try:
        check_endpoint("/" if path is None else path)
    except ValueError as error:
        raise PlanError([option_problem(f"--ready {path}", str(error))]) from None


def _locusts_own(options: Namespace) -> dict[str, str]:
    """-u, -r and -t by what they override in the ad hoc scenario; an error with any other."""
    named = {name: getattr(options, name) for name in LOCUSTS_OWN}
    given = {name: value for name, value in named.items() if value is not None}
    if not given:
        return {}
    if (options.scenario or "").strip().lower() != ADHOC or options.suite:
        if not options.headless:
            return {}  # Locust's form sends them whatever the scenario
        used = " ".join(LOCUSTS_OWN[name][0] for name in given)
        message = (
            f"belongs to --scenario {ADHOC} only: other scenarios have users, ramp and duration of"
            " their own, which --set changes, e.g. --set users=20"
        )
        raise PlanError([option_problem(used, message)])
    if "run_time" in given:
        given["run_time"] = format_duration(float(given["run_time"]))
    twice = {override.partition("=")[0].strip(): override for override in options.overrides}
    own: dict[str, str] = {}
    for name, value in given.items():
        option, field_name = LOCUSTS_OWN[name]
        if options.headless and field_name in twice:
            message = "say the same twice; give one of the two"
            both = f"{option} {value} --set {twice[field_name]}"
            raise PlanError([option_problem(both, message)])
        own[f"{field_name}={value}"] = f"{option} {value}"
    return own
