"""Loads thresholds.yaml: the checks of each scenario, every problem named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from jobload.judge.thresholds.check_entry import CheckEntry, Defaults
from jobload.judge.thresholds.check_rules import Endpoints, conflicts, metric_of
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.limit import parse_limit, parse_quantity
from jobload.judge.thresholds.metric import Metric, parse_metric
from jobload.plan.document import Document
from jobload.plan.explain import fit
from jobload.plan.observe import Observe
from jobload.plan.problem import Path, did_you_mean, shown
from jobload.plan.scenario import Scenario
from jobload.plan.shapes.capacity_search import rate_text
from jobload.plan.yaml_document import read_document

FOLLOWER = "JobFollower"
"""The user class that waits for its jobs."""


def load_threshold_file(
    path: str | FilePath | None,
    scenarios: Mapping[str, Scenario],
    *,
    endpoints: Endpoints | None = None,
    has_own_users: Callable[[Scenario], bool] = lambda _: False,
    text: str | None = None,
    observe: Observe | None = None,
) -> dict[str, tuple[CheckSpec, ...]]:
    """The checks of every scenario, the implied ones included; PlanError with every problem.

    Without a path there are only the implied ones. `endpoints` gives the labels a check of a
    scenario may name; without it any is taken. `has_own_users` says where requests may belong to
    no operation, so that the errors of operations are not all there are. `observe` has the queries
    that checks may name.
    """
    if path is None:
        return _complete({}, Defaults(), scenarios, has_own_users)
    document = read_document(path, text)
    top = document.mapping((), document.data, known=("defaults", "scenarios"))
    if not document.is_refused(()) and "scenarios" not in top:
        document.add((), "scenarios is missing")
    defaults = fit(document, ("defaults",), Defaults, top.get("defaults", {})) or Defaults()
    checks = {
        name: _checks(document, name, entries, defaults, scenarios, endpoints, observe)
        for name, entries in document.mapping(("scenarios",), top.get("scenarios", {})).items()
    }
    document.raise_problems()
    return _complete(checks, defaults, scenarios, has_own_users)


def _checks(
    document: Document,
    name: str,
    entries: Any,
    defaults: Defaults,
    scenarios: Mapping[str, Scenario],
    endpoints: Endpoints | None,
    observe: Observe | None,
) -> list[CheckSpec]:
    path: Path = ("scenarios", name)
    if name not in scenarios:
        message = f"no scenario is called {shown(name)}; {did_you_mean(name, scenarios)}"
        document.add(path, message, at_key=True)
    if document.is_refused(path):
        return []
    if not isinstance(entries, list):
        document.add(path, f"expected a list of checks, not {shown(entries)}")
        return []
    specs = []
    for index, value in enumerate(entries):
        entry = fit(document, (*path, index), CheckEntry, value)
        if entry is None or name not in scenarios:
            continue
        found = [*conflicts(entry, defaults, scenarios[name], endpoints, observe)]
        for key, sentence in found:
            document.add((*path, index, key) if key else (*path, index), sentence)
        if not found:
            specs.append(_spec(name, entry, defaults, metric_of(entry, observe)))
    return specs


def _spec(scenario: str, entry: CheckEntry, defaults: Defaults, metric: Metric) -> CheckSpec:
    limit = parse_limit(metric, entry.expect) if entry.expect is not None else None
    delta = parse_quantity(metric, entry.min_delta) if entry.min_delta is not None else None
    level = entry.level or defaults.level
    return CheckSpec(
        id=_id(scenario, entry, level),
        scenario=scenario,
        metric=entry.metric,
        stage=entry.stage,
        endpoint=entry.endpoint,
        expect=_text(entry),
        comparator=limit.comparator if limit else None,
        limit=limit.value if limit else None,
        unit=limit.unit if limit else delta[1] if delta else "",
        level=level,
        for_s=entry.for_s,
        grace_s=entry.grace_s or 0.0,
        abort=entry.abort or False,
        within_percent=entry.within,
        window_s=int(entry.window_s or defaults.window_s),
        max_increase_percent=entry.max_increase,
        max_decrease_percent=entry.max_decrease,
        min_delta=delta[0] if delta else None,
    )


def _text(entry: CheckEntry) -> str:
    if entry.expect is not None:
        return entry.expect.strip()
    percent, word = (
        (entry.max_increase, "more")
        if entry.max_increase is not None
        else (entry.max_decrease, "less")
    )
    return f"at most {percent:g}% {word} than the baseline, changes under {entry.min_delta} aside"


def _id(scenario: str, entry: CheckEntry, level: str) -> str:
    endpoint = re.sub(r"[^A-Za-z0-9]+", "-", entry.endpoint or "").strip("-")
    change = "-change" if entry.expect is None else ""
    last = f"{entry.metric}{change}{'-warn' if level == 'warn' else ''}"
    return "/".join(part for part in (scenario, entry.stage, endpoint, last) if part)


def _complete(
    checks: Mapping[str, list[CheckSpec]],
    defaults: Defaults,
    scenarios: Mapping[str, Scenario],
    has_own_users: Callable[[Scenario], bool],
) -> dict[str, tuple[CheckSpec, ...]]:
    complete = {}
    for name, scenario in scenarios.items():
        given = checks.get(name, [])
        complete[name] = _numbered(
            [*given, *_implied(scenario, given, defaults, has_own_users(scenario))]
        )
    return complete


def _implied(
    scenario: Scenario, given: Iterable[CheckSpec], defaults: Defaults, has_own_users: bool
) -> Iterable[CheckSpec]:
    """Latency is judged on successes alone, so without these a run of errors could pass, or one in
    which most of the load was never made. So could a search in which no rate did,
    and a run that waited for jobs in vain."""
    if scenario.asks != "breaking point":
        limits = [("error_rate", defaults.error_rate), ("missed", defaults.missed)]
        if has_own_users:
            limits.append(("request_error_rate", defaults.error_rate))
        for metric, expect in limits:
            if not _is_bounded(metric, scenario, given):
                yield _implied_check(scenario, metric, expect.strip(), defaults)
    search = scenario.search()
    if search is not None and not any(c.metric == "capacity" and c.level == "fail" for c in given):
        least = f">= {rate_text(search.start_rate)}/s"
        yield _implied_check(scenario, "capacity", least, defaults)
    if FOLLOWER in scenario.users_mix and not any(map(_bounds_abandoned, given)):
        yield _implied_check(scenario, "abandoned", "< 100%", defaults)


def _implied_check(scenario: Scenario, metric: str, expect: str, defaults: Defaults) -> CheckSpec:
    limit = parse_limit(parse_metric(metric), expect)
    return CheckSpec(
        id=f"{scenario.name}/{metric}",
        scenario=scenario.name,
        metric=metric,
        expect=expect,
        comparator=limit.comparator,
        limit=limit.value,
        unit=limit.unit,
        window_s=int(defaults.window_s),
        implied=True,
    )


def _is_bounded(metric: str, scenario: Scenario, given: Iterable[CheckSpec]) -> bool:
    """In all that is judged: a limit of the baseline alone says nothing of the peak."""
    bounded = {check.stage for check in given if _bounds(metric, check)}
    judged = {stage.name for stage in scenario.stages() if stage.judged}
    return None in bounded or judged <= bounded


def _bounds(metric: str, check: CheckSpec) -> bool:
    """A warning, a comparison, a lower limit or one of one endpoint lets a run of errors pass."""
    return (
        check.metric == metric
        and check.level == "fail"
        and check.comparator in ("<=", "<")
        and check.endpoint is None
    )


def _bounds_abandoned(check: CheckSpec) -> bool:
    """A number of jobs, too, lets a run pass in which all of them were abandoned."""
    return (
        check.metric == "abandoned"
        and check.level == "fail"
        and check.stage is None
        and check.unit == "%"
        and (check.comparator == "<" or (check.comparator == "<=" and check.limit != 100))
    )


def _numbered(checks: list[CheckSpec]) -> tuple[CheckSpec, ...]:
    """Alike ids get -2, -3, … in the order of the file."""
    seen: dict[str, int] = {}
    unique = []
    for check in checks:
        seen[check.id] = seen.get(check.id, 0) + 1
        count = seen[check.id]
        unique.append(check if count == 1 else replace(check, id=f"{check.id}-{count}"))
    return tuple(unique)
