"""Two results beside each other, with the findings of `jobload compare`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markupsafe import Markup

from jobload.compare.comparable import why_not_comparable
from jobload.compare.comparison import compare as compare_runs
from jobload.compare.comparison_text import cautions, conclusion
from jobload.compare.earlier_run import PastRun
from jobload.compare.result_file import past_run
from jobload.judge.thresholds.metric import Unit
from jobload.judge.thresholds.value_text import value_text
from jobload.report.charts.compared_charts import compared_charts
from jobload.report.files.html_page import figure_html
from jobload.report.result.model import Check, Result, Scenario
from jobload.report.result.stage_model import Stage
from jobload.report.text.reason import check_name
from jobload.report.text.scenario_text import scenario_title
from jobload.report.text.shown_figures import NONE

Findings = dict[tuple[str, str, str], str]
"""By scenario, stage and figure."""


@dataclass(frozen=True, slots=True)
class _Figure:
    name: str
    unit: Unit
    read: Callable[[Stage], float | None]


FIGURES = (
    _Figure("throughput", "/s", lambda s: s.throughput_rps),
    _Figure("goodput", "/s", lambda s: s.goodput_rps),
    _Figure("error rate", "%", lambda s: s.error_rate_percent),
    _Figure("missed", "", lambda s: s.missed),
    _Figure("retries", "", lambda s: s.retries),
    _Figure("p50", "ms", lambda s: s.response_time_ms.p50),
    _Figure("p95", "ms", lambda s: s.response_time_ms.p95),
    _Figure("p99", "ms", lambda s: s.response_time_ms.p99),
)


@dataclass(frozen=True, slots=True)
class Changed:
    """`finding` is nothing where there is none: see `jobload.compare.comparison`."""

    stage: str
    name: str
    before: str
    after: str
    change: str
    finding: str


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
    figures: list[Changed]
    checks: list[Pair]
    charts: list[Markup]
    """Both runs in each."""


@dataclass(frozen=True, slots=True)
class Comparison:
    before: Result
    after: Result
    setting: list[Pair]
    cautions: list[str]
    conclusion: str
    """That of `jobload compare`, of all places; none where it refuses."""
    scenarios: list[ComparedScenario]

    @property
    def runs(self) -> tuple[Result, Result]:
        return self.before, self.after


def compare(one: Result, other: Result) -> Comparison:
    """The older one is the one before."""
    before, after = sorted((one, other), key=lambda result: result.run_id)
    theirs = {(s.name, s.repetition): s for s in after.scenarios}
    both = [(s, theirs[key]) for s in before.scenarios if (key := (s.name, s.repetition)) in theirs]
    to_mind, concluded, findings = _findings(before, after)
    if not both:
        to_mind.append("The two runs have no scenario in common.")
    return Comparison(
        before,
        after,
        list(_setting(before, after)),
        to_mind,
        concluded,
        [_scenario(*pair, findings, _charts(before, after, *pair)) for pair in both],
    )


def _charts(before: Result, after: Result, one: Scenario, other: Scenario) -> list[Markup]:
    try:
        drawn = [*compared_charts(before, after, one, other)]
        return [Markup(figure_html(chart, one.name)) for chart in drawn]  # noqa: S704  # escaped
    except Exception:  # figures of any kind may be in a result, infinite ones too
        return []


def _findings(before: Result, after: Result) -> tuple[list[str], str, Findings]:
    """(what to mind, or why the runs can't be compared; what came of it where they can)."""
    try:
        base, new = past_run(before), past_run(after)
    except (ValueError, ArithmeticError) as error:
        return [f"The figures of a run contradict each other ({error})."], "", {}
    reasons = why_not_comparable([base], [new])
    if reasons:
        return reasons, "", {}
    found: Findings = {}
    compared = compare_runs([base], [new])
    for change in compared.changes:
        place, finding = change.place, change.finding
        if place.scenario is not None:
            stages = [place.stage] if place.stage is not None else _only_stage(base, place.scenario)
            found |= {(place.scenario, stage, change.metric): finding for stage in stages}
    word, _, rest = conclusion(compared)
    return [*cautions(compared)], f"{word}{rest}", found


def _only_stage(run: PastRun, scenario: str) -> list[str]:
    """A scenario of one judged stage is compared as that."""
    names = list(dict.fromkeys(stage.name for stage in run.stages(scenario)))
    return names if len(names) == 1 else []


def _setting(before: Result, after: Result) -> Iterator[Pair]:
    def pair(name: str, read: Callable[[Result], object]) -> Pair:
        return Pair(name, str(read(before)), str(read(after)))

    yield pair("Target", lambda r: r.host)
    yield pair("Scenarios", lambda r: ", ".join(s.name for s in r.scenarios))
    yield pair("Processes", lambda r: f"{len(r.topology.workers)} ({r.topology.mode})")
    yield pair("Revision", lambda r: r.environment.get("git_revision") or NONE)
    yield pair("CPUs", lambda r: r.environment.get("cpu_count") or NONE)


def _scenario(
    before: Scenario, after: Scenario, findings: Findings, charts: list[Markup]
) -> ComparedScenario:
    return ComparedScenario(
        scenario_title(before),
        before.status,
        after.status,
        list(_figures(before, after, findings)),
        list(_checks(before, after)),
        charts,
    )


def _figures(before: Scenario, after: Scenario, findings: Findings) -> Iterator[Changed]:
    theirs = {stage.name: stage for stage in after.stages}
    for stage in before.stages:
        for figure in FIGURES if stage.name in theirs else ():
            old, new = figure.read(stage), figure.read(theirs[stage.name])
            yield Changed(
                stage.name,
                figure.name,
                _text(old, figure.unit),
                _text(new, figure.unit),
                _change(old, new),
                findings.get((before.name, stage.name, figure.name), ""),
            )


def _change(old: float | None, new: float | None) -> str:
    if not old or new is None or old == new:
        return ""
    return f"{100 * (new - old) / old:+.1f} %".replace("-", "−")


def _text(value: float | None, unit: Unit) -> str:
    return NONE if value is None else value_text(value, unit)


def _checks(before: Scenario, after: Scenario) -> Iterator[Pair]:
    old = {check.id: check for check in before.checks}
    new = {check.id: check for check in after.checks}
    for key in dict.fromkeys([*old, *new]):
        known = new.get(key) or old[key]
        yield Pair(check_name(known), _check(old.get(key)), _check(new.get(key)), known.expect)


def _check(check: Check | None) -> str:
    return NONE if check is None else f"{check.status}, {check.actual}"
