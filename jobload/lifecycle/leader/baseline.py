"""--baseline: an earlier run that this one is compared with, refused when it can't be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jobload.compare.comparable import (
    ACROSS_VERSIONS,
    are_other_versions,
    configuration_differences,
    why_not_comparable,
)
from jobload.compare.earlier_run import PastRun
from jobload.compare.result_file import PastRunError, read_past_run
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.plan.counted import counted
from jobload.plan.problem import PlanError, Problem, option_problem
from jobload.plan.scenario import Scenario
from jobload.report.result.redact import redacted_configuration


def load_baseline(path: str, scenarios: Sequence[Scenario]) -> PastRun:
    """PlanError unless it is a sound run of the same scenarios."""
    option = f"--baseline {path}"
    try:
        past = read_past_run(path)
    except PastRunError as error:
        raise PlanError([option_problem(option, str(error))]) from None
    reasons = [*why_not_comparable([past], []), *_other_scenarios(past, scenarios)]
    if reasons:
        raise PlanError(option_problem(option, reason) for reason in reasons)
    return past


def _other_scenarios(past: PastRun, scenarios: Sequence[Scenario]) -> Iterator[str]:
    for scenario in {scenario.name: scenario for scenario in scenarios}.values():
        before = past.repetitions(scenario.name)
        if not before:
            yield (
                f"Run {past.run_id} has no scenario {scenario.name}, only {', '.join(past.names)}."
            )
            continue
        now = redacted_configuration(scenario.dump())
        if found := configuration_differences(before[0].configuration, now):
            yield (
                f"In run {past.run_id} {scenario.name} was another one, before and now:"
                f" {'; '.join(found)}."
            )


def missing_baseline(
    scenarios: Sequence[Scenario], checks: Mapping[str, Sequence[CheckSpec]]
) -> list[Problem]:
    """Checks that could not be decided without one, so that it is said before any load."""
    names = dict.fromkeys(scenario.name for scenario in scenarios)
    relative = [
        spec.id
        for name in names
        for spec in checks.get(name, ())
        if spec.is_relative and spec.level == "fail"
    ]
    if not relative:
        return []
    message = (
        f"is missing: {', '.join(relative)} compares with an earlier run. Give its folder or"
        " result.json; a run with --profile-only, which judges nothing, makes the first one"
    )
    return [option_problem("--baseline", message)]


def refuse_other_conditions(
    past: PastRun, workers: int, target_version: str | None, across_versions: bool
) -> None:
    """What is known only when the run is about to begin."""
    reasons = []
    if past.workers != workers:
        reasons.append(
            f"Run {past.run_id} had {counted(past.workers, 'worker')}, this one has {workers}."
        )
    if not across_versions and are_other_versions(past.target_version, target_version):
        reasons.append(
            f"Run {past.run_id} was of version {past.target_version} of the target, this is"
            f" {target_version}; {ACROSS_VERSIONS}."
        )
    if reasons:
        raise PlanError(option_problem("--baseline", reason) for reason in reasons)
