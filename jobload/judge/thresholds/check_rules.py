"""What can't be together in a check, or not with the scenario it is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from jobload.judge.thresholds.check_entry import CheckEntry, Defaults
from jobload.judge.thresholds.limit import parse_limit, parse_quantity
from jobload.judge.thresholds.metric import OBSERVE, WHOLE_SCENARIO, Metric, parse_metric
from jobload.plan.duration import format_duration
from jobload.plan.observe import Observe
from jobload.plan.problem import did_you_mean, shown
from jobload.plan.scenario import Scenario
from jobload.plan.scenario_fields import NEVER_FOLLOW

Found = Iterator[tuple[str, str]]
"""The key it is about ("" for the whole check) and a sentence."""
Endpoints = Callable[[Scenario], Collection[str] | None]
"""The endpoints that a check of a scenario may name; None: any."""


def conflicts(
    entry: CheckEntry,
    defaults: Defaults,
    scenario: Scenario,
    endpoints: Endpoints | None,
    observe: Observe | None = None,
) -> Found:
    metric = metric_of(entry, observe)
    if metric.observed is not None:
        yield from _observed(entry, defaults, metric, observe)
    if metric.units:
        yield from _limits(entry, metric)
    yield from _modifiers(entry, defaults)
    yield from _scope(entry, metric, scenario)
    yield from _followed(entry, metric, scenario)
    yield from _place(entry, scenario, endpoints)
    yield from _lengths(entry, defaults, scenario)
    has_no_past = metric.observed or metric.of_followed_jobs or metric.statistic in WHOLE_SCENARIO
    if has_no_past and entry.expect is None:
        yield "", f"{metric.name} can't be compared with a baseline; give it an expect"


def metric_of(entry: CheckEntry, observe: Observe | None) -> Metric:
    """With the unit that its query has; with none where there is no such query."""
    metric = parse_metric(entry.metric)
    if metric.observed is None:
        return metric
    query = observe.queries.get(metric.observed) if observe is not None else None
    return replace(metric, units=() if query is None else (query.unit,))


def _observed(
    entry: CheckEntry, defaults: Defaults, metric: Metric, observe: Observe | None
) -> Found:
    if observe is None:
        yield "metric", f"{metric.name} needs observe: in the scenario file, with a query so named"
        return
    if metric.observed not in observe.queries:
        hint = did_you_mean(metric.name, [f"{OBSERVE}{name}" for name in observe.queries])
        yield "metric", f"observe has no query {shown(metric.observed)}; {hint}"
    if entry.endpoint is not None:
        yield "endpoint", f"{metric.name} is of the target as a whole; take it out"
    if _is_windowed(entry) and (entry.window_s or defaults.window_s) < observe.every_s:
        yield "window", f"must hold a sample, and there is one every {observe.every_s:g} s"


def _limits(entry: CheckEntry, metric: Metric) -> Found:
    relative = [key for key in ("max_increase", "max_decrease") if getattr(entry, key) is not None]
    if entry.expect is None and not relative:
        yield "", "expect is missing; or max_increase and min_delta to compare with a baseline"
    if entry.expect is not None and relative:
        yield relative[0], "a check has either expect or a change; make two checks of it"
    if len(relative) > 1:
        yield relative[1], "a check has either max_increase or max_decrease; make two of it"
    if relative and entry.min_delta is None:
        yield (
            relative[0],
            "needs min_delta beside it: a change counts only when it is large in itself too",
        )
    if entry.min_delta is not None and not relative:
        yield "min_delta", "has no meaning without max_increase or max_decrease"
    yield from _unreadable("expect", entry.expect, lambda text: parse_limit(metric, text))
    yield from _unreadable("min_delta", entry.min_delta, lambda text: parse_quantity(metric, text))


def _unreadable(key: str, text: str | None, parse: Callable[[str], object]) -> Found:
    if text is None:
        return
    try:
        parse(text)
    except ValueError as error:
        yield key, str(error)


def _modifiers(entry: CheckEntry, defaults: Defaults) -> Found:
    relative = entry.expect is None
    if entry.for_s is not None and entry.within is not None:
        yield "within", "a check has either for or within; make two checks of it"
    if entry.window_s is not None and not _is_windowed(entry):
        yield "window", "has no meaning without for, within or abort"
    if entry.abort and (entry.level or defaults.level) == "warn":
        yield "abort", "a check of level warn can't end anything; make it level: fail"
    if relative:
        for key in _time_keys(entry):
            yield key, "a comparison with a baseline is of the whole run; take it out"


def _scope(entry: CheckEntry, metric: Metric, scenario: Scenario) -> Found:
    if entry.endpoint is not None:
        for key in _time_keys(entry):
            yield key, "can't be with endpoint: figures over time are kept for all endpoints as one"
    if metric.statistic not in WHOLE_SCENARIO:
        return
    if metric.statistic == "recovery_time" and not _has_recovery(scenario):
        yield "metric", f"{scenario.name} has no baseline and recovery stage to take it from"
    if metric.statistic == "drift" and scenario.asks != "drift":
        yield (
            "metric",
            f"drift is of endurance scenarios, and {scenario.name} is a {scenario.shape}",
        )
    if metric.statistic == "capacity":
        yield from _capacity(entry, metric, scenario)
    for key in _time_keys(entry):
        yield key, f"{metric.name} is known only at the end of a scenario; take it out"
    for key in ("stage", "endpoint"):
        if getattr(entry, key) is not None:
            yield key, f"{metric.name} is of the scenario as a whole; take it out"


def _capacity(entry: CheckEntry, metric: Metric, scenario: Scenario) -> Found:
    search = scenario.search()
    if search is None:
        yield (
            "metric",
            f"capacity is of capacity scenarios, and {scenario.name} is a {scenario.shape}",
        )
        return
    try:
        limit = parse_limit(metric, entry.expect or "")
    except ValueError:
        return  # said already
    if limit.comparator in ("<=", "<"):
        yield "expect", "a capacity that is too high breaks nothing; expect >= or > a rate"
    elif limit.value > search.max_rate:
        rate = f"{search.max_rate:g}/s"
        yield "expect", f"the search ends at {rate}; raise max_rate, or so much is never seen"


def _followed(entry: CheckEntry, metric: Metric, scenario: Scenario) -> Found:
    if not metric.of_followed_jobs:
        return
    if NEVER_FOLLOW.issuperset(scenario.users_mix) and not _polls(scenario):
        yield (
            "metric",
            f"{scenario.name} has no JobFollower in its users_mix and no step with poll, so none is"
            " followed",
        )
    for key in (*_time_keys(entry), *(["endpoint"] if entry.endpoint is not None else [])):
        yield key, f"{metric.name} is kept for whole stages and all jobs; take it out"


def _polls(scenario: Scenario) -> bool:
    return any(step.poll is not None for step in scenario.all_steps)


def _place(entry: CheckEntry, scenario: Scenario, endpoints: Endpoints | None) -> Found:
    # Which steps of a search there will be is not known, and it judges them anyway.
    is_search = scenario.search() is not None
    stages = [s.name for s in scenario.stages() if s.judged or not is_search]
    if entry.stage is not None and entry.stage not in stages:
        hint = did_you_mean(entry.stage, stages)
        yield "stage", f"{scenario.name} has no stage {shown(entry.stage)}; {hint}"
    if entry.endpoint is not None:
        yield from _of_endpoint(entry, scenario, endpoints(scenario) if endpoints else None)


def _of_endpoint(entry: CheckEntry, scenario: Scenario, known: Collection[str] | None) -> Found:
    assert entry.endpoint is not None
    is_one_of_several = known is not None and len(known) > 1
    if known is not None and entry.endpoint not in known:
        hint = did_you_mean(entry.endpoint, known)
        yield "endpoint", f"{scenario.name} has no endpoint {shown(entry.endpoint)}; {hint}"
    elif entry.metric == "missed" and entry.endpoint in scenario.labels_of_steps:
        yield "endpoint", "missed is of arrivals, and so of whole operations; take it out"
    elif entry.metric == "missed" and is_one_of_several:
        yield "endpoint", "missed is of arrivals, which are not yet of any endpoint; take it out"


def _lengths(entry: CheckEntry, defaults: Defaults, scenario: Scenario) -> Found:
    """A stretch that fits nowhere would never be judged."""
    window_s = entry.window_s or defaults.window_s
    about = (s for s in scenario.stages() if (s.name == entry.stage if entry.stage else s.judged))
    longest_s = max((stage.duration_s for stage in about), default=None)
    if scenario.shortest_judged_s is not None and entry.stage is None:
        longest_s = scenario.shortest_judged_s
    if longest_s is None:
        return
    left_s = longest_s - (entry.grace_s or 0)
    if left_s <= 0:
        yield "grace", f"leaves nothing to judge: the stage lasts {format_duration(longest_s)}"
    elif _is_windowed(entry) and window_s > left_s:
        yield (
            "window" if entry.window_s else "",
            f"a window of {format_duration(window_s)} does not fit into what is judged"
            f" of the stage, {format_duration(left_s)}",
        )
    elif entry.for_s is not None and entry.for_s < window_s:
        yield "for", f"must be at least one window, {format_duration(window_s)}"
    elif entry.for_s is not None and entry.for_s > left_s:
        yield "for", f"is longer than what is judged of the stage, {format_duration(left_s)}"


def _has_recovery(scenario: Scenario) -> bool:
    return {"baseline", "recovery"} <= {stage.name for stage in scenario.stages()}


def _is_windowed(entry: CheckEntry) -> bool:
    return entry.for_s is not None or entry.within is not None or bool(entry.abort)


def _time_keys(entry: CheckEntry) -> list[str]:
    """The keys given that look at a stage second by second."""
    keys = {"for": "for_s", "grace": "grace_s", "within": "within"}
    given = [key for key, name in keys.items() if getattr(entry, name) is not None]
    return given + ["abort"] * bool(entry.abort)
