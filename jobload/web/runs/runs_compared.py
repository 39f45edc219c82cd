"""Two results beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from jobload.judge.thresholds.value_text import value_text
from jobload.report.result.model import Check, Result, Scenario, Stage

NOTABLE_PERCENT = 5.0
NOTABLE_MS = 1.0
"""Times that differ by less are the same on any machine that does other things as well."""
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class _Figure:
    name: str
    unit: str
    more_is_better: bool
    read: Callable[[Stage], float | None]


FIGURES = (
    _Figure("throughput", "/s", True, lambda s: s.throughput_rps),
    _Figure("error rate", "%", False, lambda s: s.error_rate_percent),
    _Figure("missed", "", False, lambda s: s.missed),
    _Figure("retries", "", False, lambda s: s.retries),
    _Figure("p50", "ms", False, lambda s: s.response_time_ms.p50),
    _Figure("p95", "ms", False, lambda s: s.response_time_ms.p95),
    _Figure("p99", "ms", False, lambda s: s.response_time_ms.p99),
)


@dataclass(frozen=True, slots=True)
class Changed:
    """`trend` is "better" or "worse"; nothing for a small change, or a stage not judged."""

    stage: str
    name: str
    before: str
    after: str
    change: str
    trend: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Something of both runs in words."""

    name: str
    before: str
    after: str
    expect: str = ""

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class ComparedScenario:
    title: str
    before_status: str
    after_status: str
    configuration: list[str]
    figures: list[Changed]
    checks: list[Pair]


@dataclass(frozen=True, slots=True)
class Comparison:
    before: Result
    after: Result
    setting: list[Pair] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    scenarios: list[ComparedScenario] = field(default_factory=list)

    @property
    def runs(self) -> tuple[Result, Result]:
        return self.before, self.after


def compare(one: Result, other: Result) -> Comparison:
    """The older one is the one before."""
    before, after = sorted((one, other), key=lambda result: result.run_id)
    theirs = {(s.name, s.repetition): s for s in after.scenarios}
    both = [(s, theirs[key]) for s in before.scenarios if (key := (s.name, s.repetition)) in theirs]
    return Comparison(
        before,
        after,
        list(_setting(before, after)),
        list(_cautions(before, after, len(both))),
        [_scenario(*pair) for pair in both],
    )


def _setting(before: Result, after: Result) -> Iterator[Pair]:
    def pair(name: str, read: Callable[[Result], object]) -> Pair:
        return Pair(name, str(read(before)), str(read(after)))

    yield pair("Target", lambda r: r.host)
    yield pair("Scenarios", lambda r: ", ".join(s.name for s in r.scenarios))
    yield pair("Processes", lambda r: f"{len(r.topology.workers)} ({r.topology.mode})")
    yield pair("Revision", lambda r: r.environment.get("git_revision") or NOTHING)
    yield pair("CPUs", lambda r: r.environment.get("cpu_count") or NOTHING)


def _cautions(before: Result, after: Result, in_common: int) -> Iterator[str]:
    for name, result in (("before", before), ("after", after)):
        if result.status == "INVALID":
            yield f"The run {name} is INVALID: its figures can't be trusted."
    if not in_common:
        yield "The two runs have no scenario in common."


def _scenario(before: Scenario, after: Scenario) -> ComparedScenario:
    again = f" (repetition {before.repetition})" if before.repetition > 1 else ""
    return ComparedScenario(
        before.name + again,
        before.status,
        after.status,
        list(_configuration(before, after)),
        list(_figures(before, after)),
        list(_checks(before, after)),
    )


def _configuration(before: Scenario, after: Scenario) -> Iterator[str]:
    for key in sorted({*before.configuration, *after.configuration}):
        old, new = before.configuration.get(key), after.configuration.get(key)
        if old != new:
            yield f"{key} was {old} before and {new} after."


def _figures(before: Scenario, after: Scenario) -> Iterator[Changed]:
    theirs = {stage.name: stage for stage in after.stages}
    for stage in before.stages:
        for figure in FIGURES if stage.name in theirs else ():
            pair = figure.read(stage), figure.read(theirs[stage.name])
            changed = _changed(figure, stage.name, *pair)
            yield changed if stage.judged else replace(changed, trend="")


def _changed(figure: _Figure, stage: str, old: float | None, new: float | None) -> Changed:
    before, after = (_text(value, figure.unit) for value in (old, new))
    if old is None or new is None or old == new:
        return Changed(stage, figure.name, before, after, "", "")
    grown = (new > old) == figure.more_is_better
    trend = "better" if grown else "worse"
    if not old:
        return Changed(stage, figure.name, before, after, "", trend)
    percent = 100 * (new - old) / old
    if abs(percent) < NOTABLE_PERCENT or (figure.unit == "ms" and abs(new - old) < NOTABLE_MS):
        trend = ""
    change = f"{percent:+.1f} %".replace("-", "−")
    return Changed(stage, figure.name, before, after, change, trend)


def _text(value: float | None, unit: str) -> str:
    return NOTHING if value is None else value_text(value, unit)  # type: ignore[arg-type]


def _checks(before: Scenario, after: Scenario) -> Iterator[Pair]:
    old = {check.id: check for check in before.checks}
    new = {check.id: check for check in after.checks}
    for key in dict.fromkeys([*old, *new]):
        known = new.get(key) or old[key]
        name = " · ".join(part for part in (known.metric, known.stage, known.endpoint) if part)
        yield Pair(name, _check(old.get(key)), _check(new.get(key)), known.expect)


def _check(check: Check | None) -> str:
    return NOTHING if check is None else f"{check.status}, {check.actual}"
