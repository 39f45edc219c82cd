"""Whether runs may be compared: only what was measured in the same way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobload.compare.earlier_run import PastRun, PastScenario
from jobload.report.result.scenario_total import SENT, says_nothing

ACROSS_VERSIONS = "--across-versions compares them all the same"
_UNTOLD: Mapping[str, object] = {"client": "jobload"}
"""Fields that runs did not tell of before there was a choice, with what all of them had."""
_BODIES = ("json", "form", "body")
"""Of a step: an empty one is sent as well."""


def why_not_comparable(
    base: Sequence[PastRun], new: Sequence[PastRun], *, across_versions: bool = False
) -> list[str]:
    """Sentences; none when all runs of both sides were made in the same way."""
    reasons = [reason for side in (base, new) for reason in _twice(side)]
    for run in (*base, *new):
        reasons += _unusable(run)
    first = base[0]
    for run in (*base[1:], *new):
        reasons += _differences(first, run, across_versions)
    return list(dict.fromkeys(reasons))


def newest_comparable(
    base: Sequence[PastRun], new: Sequence[PastRun], most: int, *, across_versions: bool
) -> list[PastRun]:
    """None of the new ones, which a folder of all runs has as well. At least the newest one, so
    that there is a reason to tell when none can be."""
    judged = {run.run_id for run in new}
    newest_last = sorted(base, key=lambda run: (run.run_id not in judged, run.run_id))
    found = [
        run
        for run in newest_last
        if run.run_id not in judged
        and not why_not_comparable([run], new, across_versions=across_versions)
    ]
    return found[-most:] or newest_last[-1:]


def _twice(side: Sequence[PastRun]) -> Iterator[str]:
    ids = [run.run_id for run in side]
    for run_id in dict.fromkeys(ids):
        if ids.count(run_id) > 1:
            yield f"Run {run_id} is given twice on one side; a copy says nothing of the spread."


def on_both_sides(base: Sequence[PastRun], new: Sequence[PastRun]) -> Iterator[str]:
    """As where the base is a folder of all runs: what got worse is then in both."""
    judged = {run.run_id for run in new}
    for run_id in dict.fromkeys(run.run_id for run in base if run.run_id in judged):
        yield f"Run {run_id} is on both sides, where it hides what got worse; give it on one."


def _unusable(run: PastRun) -> Iterator[str]:
    if run.distrust is not None:
        yield f"Run {run.run_id} is {run.distrust}, so its figures can't be trusted."
        return
    if not run.scenarios:
        yield f"Run {run.run_id}: no scenario ran."
    for scenario in run.scenarios:
        if scenario.cut_off is not None:
            yield (
                f"Run {run.run_id}: {scenario.name} ended early ({scenario.cut_off}), and only"
                " what ran to its end can be compared."
            )
        elif not scenario.judged_stages:
            yield f"Run {run.run_id}: no judged stage of {scenario.name} ran."


def _differences(one: PastRun, other: PastRun, across_versions: bool) -> Iterator[str]:
    names = f"Runs {one.run_id} and {other.run_id}"
    if one.workers != other.workers:
        yield f"{names} differ in the number of workers: {one.workers} and {other.workers}."
    if not across_versions and are_other_versions(one.target_version, other.target_version):
        yield (
            f"{names} differ in the target's version: {one.target_version} and"
            f" {other.target_version}; {ACROSS_VERSIONS}."
        )
    if set(one.names) != set(other.names):
        yield (
            f"{names} differ in their scenarios: {', '.join(one.names) or 'none'} and"
            f" {', '.join(other.names) or 'none'}."
        )
    for name in one.names:
        if theirs := other.repetitions(name):
            yield from _of_scenario(names, one.repetitions(name)[0], theirs[0])


def are_other_versions(one: str | None, other: str | None) -> bool:
    """What is not known can't be said to differ."""
    return one is not None and other is not None and one != other


def _of_scenario(names: str, one: PastScenario, other: PastScenario) -> Iterator[str]:
    found = configuration_differences(one.configuration, other.configuration)
    if found:
        yield f"{names} differ in {one.name}: {'; '.join(found)}."
        return
    ours, theirs = ([stage.name for stage in s.judged_stages] for s in (one, other))
    if ours != theirs:
        yield (
            f"{names} differ in the stages of {one.name} that ran: {', '.join(ours) or 'none'} and"
            f" {', '.join(theirs) or 'none'}."
        )


def configuration_differences(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """Each field that is not the same, with both values."""
    before, now = {**_UNTOLD, **before}, {**_UNTOLD, **now}
    return [
        f"{key} {_shown(before, key)} and {_shown(now, key)}"
        for key in dict.fromkeys([*before, *now])
        if not _is_same(key, before, now)
    ]


def _is_same(key: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """What only one of them has may be of a version that has more fields."""
    if key in one and key in other:
        return one[key] == other[key] or (key not in SENT and _are_same(one[key], other[key]))
    value = one.get(key, other.get(key))
    return value is None or (key not in _BODIES and says_nothing(value))


def _are_same(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_is_same(key, one, other) for key in {**one, **other})
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return all(map(_are_same, one, other))
    return one == other


def _shown(configuration: Mapping[str, object], key: str) -> str:
    value = configuration.get(key)
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
