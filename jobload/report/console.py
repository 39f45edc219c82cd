"""The result of a run as tables of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from jobload.judge.status import CheckStatus
from jobload.report import model
from jobload.report.progress import progress_line
from jobload.report.scenario_text import configuration_text
from jobload.report.search_text import PHASES, RESULTS, telling_stages

__all__ = ["print_report", "progress_line", "render"]

WIDTH = 80
MOST_ERRORS = 5
STYLES = {
    "PASS": "green",
    "FAIL": "bold red",
    "INVALID": "bold magenta",
    "PROFILED": "cyan",
    "WARN": "yellow",
    "INSUFFICIENT": "magenta",
}
NONE = "–"


def render(result: model.Result) -> str:
    text = StringIO()
    _print(result, text)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def print_report(result: model.Result, file: TextIO) -> None:
    """In colour only on a terminal."""
    if file.isatty():
        _print(result, file)
    else:
        file.write(render(result))


def _print(result: model.Result, file: TextIO) -> None:
    console = Console(file=file, width=WIDTH, highlight=False, emoji=False, markup=False)
    for part in _report(result):
        console.print(part)


def _report(result: model.Result) -> Iterator[RenderableType]:
    yield Text()
    for scenario in result.scenarios:
        yield from _scenario(scenario)
    yield from _validity(result)
    yield _verdict(result)


def _scenario(scenario: model.Scenario) -> Iterator[RenderableType]:
    again = f" (repetition {scenario.repetition})" if scenario.repetition > 1 else ""
    yield Text.assemble((f"{scenario.name}{again}", "bold"), "  ", _word(scenario.status))
    yield _indented(configuration_text(scenario.configuration), "dim")
    limits = "; ".join(scenario.limits) or "none"
    yield _indented(f"limits: {limits}", "dim")
    if scenario.ended_early:
        yield _indented(f"ended early: {scenario.ended_early}", "yellow")
    yield _stages(telling_stages(scenario))
    if scenario.capacity is not None:
        yield _tries(scenario.capacity)
    if any(stage.completion for stage in scenario.stages):
        yield _completions(scenario.stages)
    if scenario.checks:
        yield _checks(scenario.checks)
    for line in [*_details(scenario), *_extras(scenario)]:
        yield _indented(line)
    if (audit := scenario.audit) is not None:
        yield _indented_assembled(_word(audit.status), f" audit: {audit.text}")
    yield from _errors(scenario)
    yield Text()


def _word(status: str) -> Text:
    return Text(status, STYLES[status])


def _indented(text: str, style: str = "") -> Padding:
    return Padding(Text(text, style), (0, 0, 0, 2))


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")


def _stages(stages: list[model.Stage]) -> Padding:
    table = _table()
    table.add_column("stage", no_wrap=True, overflow="ellipsis", max_width=14)
    for name in ("time", "users", "offered", "missed", "done/s", "errors"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("p50", "p95", "p99", "max ms"):
        table.add_column(name, justify="right", no_wrap=True)
    for stage in stages:
        table.add_row(*_stage(stage), style="" if stage.judged else "dim")
    return Padding(table, (1, 0, 0, 2))


def _stage(stage: model.Stage) -> list[str]:
    times = stage.response_time_ms
    ramp = stage.users_from != stage.users_to
    return [
        stage.name,
        f"{stage.duration_s:.0f} s",
        f"{stage.users_from}–{stage.users_to}" if ramp else f"{stage.users_to}",
        f"{stage.offered}",
        f"{stage.missed}",
        _figure(stage.throughput_rps),
        NONE if stage.error_rate_percent is None else f"{stage.error_rate_percent:.1f}%",
        *(_figure(ms) for ms in (times.p50, times.p95, times.p99, times.max)),
    ]


def _figure(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value:.1f}" if value < 1000 else f"{value:.0f}"


def _tries(capacity: model.Capacity) -> Padding:
    table = _table()
    table.add_column("try", no_wrap=True)
    table.add_column("what", no_wrap=True)
    table.add_column("offered", justify="right", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("why", overflow="fold")
    for number, step in enumerate(capacity.steps, 1):
        cells = (f"{number}", PHASES[step.phase], f"{step.rate:g}/s")
        table.add_row(*cells, RESULTS[step.passed], step.reason)
    return Padding(table, (1, 0, 0, 2))


def _completions(stages: list[model.Stage]) -> Padding:
    table = _table()
    table.add_column("jobs followed", no_wrap=True, overflow="ellipsis", max_width=14)
    for name in ("jobs", "succeeded", "failed", "abandoned", "p50", "p95", "p99", "max ms"):
        table.add_column(name, justify="right", no_wrap=True)
    for stage in stages:
        if (jobs := stage.completion) is not None:
            counts = (jobs.followed, jobs.succeeded, jobs.failed, jobs.abandoned)
            time = jobs.time_ms
            times = (time.p50, time.p95, time.p99, time.max)
            cells = [stage.name, *map(str, counts), *map(_figure, times)]
            table.add_row(*cells, style="" if stage.judged else "dim")
    return Padding(table, (1, 0, 0, 2))


def _checks(checks: list[model.Check]) -> Padding:
    table = _table()
    table.add_column("check", overflow="fold", max_width=30)
    table.add_column("expected", overflow="fold", max_width=34)
    table.add_column("actual", overflow="fold", max_width=20)
    table.add_column("status", no_wrap=True)
    for check in checks:
        table.add_row(_check_name(check), check.expect, check.actual, _word(check.status))
    return Padding(table, (1, 0, 0, 2))


def _check_name(check: model.Check) -> str:
    where = " ".join(word for word in (check.stage, check.endpoint) if word)
    return f"{check.metric} ({where})" if where else check.metric


def _details(scenario: model.Scenario) -> Iterator[str]:
    """What is said beside the figures of the checks, but for what `_extras` says of them."""
    for check in scenario.checks:
        if check.detail and check.metric not in ("recovery_time", "drift", "capacity"):
            yield f"{_check_name(check)}: {check.detail}"


def _extras(scenario: model.Scenario) -> Iterator[str]:
    if (point := scenario.breaking_point) is not None:
        yield point.text
        yield _interval(point)
    if scenario.recovery is not None:
        yield f"recovery: {scenario.recovery}"
    if scenario.drift is not None:
        yield f"drift: {scenario.drift.text}"
    if scenario.capacity is not None:
        yield scenario.capacity.text


def _interval(point: model.BreakingPoint) -> str:
    named = {
        "last passing": point.last_passing,
        "first failing": point.first_failing,
        "knee": point.knee,
        "collapse": point.collapse,
    }
    return ", ".join(f"{name} {_step(step)}" for name, step in named.items())


def _step(step: model.Step | None) -> str:
    if step is None:
        return "none"
    return f"{step.users} users" if step.rate is None else f"{step.rate:g}/s"


def _errors(scenario: model.Scenario) -> Iterator[RenderableType]:
    counts: dict[str, tuple[int, str]] = {}
    for stage in scenario.stages:
        for error in stage.errors:
            count, example = counts.get(error.kind, (0, error.example))
            counts[error.kind] = (count + error.count, example)
    most_frequent = sorted(counts.items(), key=lambda item: -item[1][0])
    for kind, (count, example) in most_frequent[:MOST_ERRORS]:
        shown = f": {example}" if example else ""
        line = Text(f"{count} × {kind}{' '.join(shown.split())}", "red")
        line.truncate(2 * (WIDTH - 2), overflow="ellipsis")
        yield Padding(line, (0, 0, 0, 2))
    if len(counts) > MOST_ERRORS:
        yield _indented(f"and {len(counts) - MOST_ERRORS} more kinds of errors")


def _validity(result: model.Result) -> Iterator[RenderableType]:
    notable = [check for check in result.validity if check.status != "PASS"]
    passed = len(result.validity) - len(notable)
    workers = len(result.topology.workers)
    yield Text.assemble(
        ("validity", "bold"),
        f"  {passed} of {len(result.validity)} hold; {workers} worker{'s' if workers != 1 else ''},"
        f" {result.total.total_requests} operations,"
        f" percentiles ± {result.histogram_error_percent:.2g} %",
    )
    for check in notable:
        yield _indented_assembled(_word(check.status), f" {check.id}: {check.actual}")
        if check.advice:
            yield Padding(Text(check.advice, "dim"), (0, 0, 0, 4))
    yield Text()


def _indented_assembled(*parts: str | Text) -> Padding:
    return Padding(Text.assemble(*parts), (0, 0, 0, 2))


def _verdict(result: model.Result) -> Text:
    reason = verdict_reason(result)
    line = Text.assemble(
        ("Verdict: ", "bold"),
        _word(result.status),
        f" (exit {result.exit_code})",
        f" {reason}" if reason else "",
    )
    line.truncate(WIDTH, overflow="ellipsis")
    return line


def verdict_reason(result: model.Result) -> str:
    """The first thing that made it so; empty for a PASS."""
    if result.status == "FAIL":
        return next(_reasons(result, "FAIL"))
    if result.status == "INVALID":
        broken = (check.actual for check in result.validity if check.status == "FAIL")
        return next(broken, "") or next(_reasons(result, "INSUFFICIENT"))
    return ""


def _reasons(result: model.Result, status: CheckStatus) -> Iterator[str]:
    for scenario in result.scenarios:
        for check in scenario.checks:
            if check.status == status and check.level == "fail":
                yield f"{scenario.name}: {_check_name(check)} {_reason(check)}"
    for scenario in result.scenarios:
        if (audit := scenario.audit) is not None and audit.status == status:
            yield f"{scenario.name}: audit {audit.text}"


def _reason(check: model.Check) -> str:
    if check.status == "INSUFFICIENT":
        return f"undecided, {check.detail}"
    return f"{check.actual}, expected {check.expect}"
