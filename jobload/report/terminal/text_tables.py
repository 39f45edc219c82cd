"""The tables of a result on a terminal."""

from __future__ import annotations

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from jobload.report.result import model, stage_model
from jobload.report.terminal.page import add_numbers, bare_table, status_word
from jobload.report.text.reason import check_name
from jobload.report.text.search_text import PHASES, RESULTS
from jobload.report.text.shown_figures import seconds_text, share_text, tenths_text

TIMES = ("p50", "p95", "p99", "max ms")


def stage_table(stages: list[stage_model.Stage]) -> Padding:
    table = bare_table()
    table.add_column("stage", max_width=14)
    add_numbers(table, "time", "users", "offered", "missed", "done/s", "errors", *TIMES)
    for stage in stages:
        table.add_row(*_stage(stage), style="" if stage.judged else "dim")
    return Padding(table, (1, 0, 0, 2))


def _name(text: str) -> Text:
    """Cut short before any figure is: columns that may wrap are the first to get narrower."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def _stage(stage: stage_model.Stage) -> list[RenderableType]:
    ramp = stage.users_from != stage.users_to
    return [
        _name(stage.name),
        seconds_text(stage.duration_s),
        f"{stage.users_from}–{stage.users_to}" if ramp else f"{stage.users_to}",
        f"{stage.offered}",
        f"{stage.missed}",
        _figure(stage.throughput_rps),
        share_text(stage.error_rate_percent, 1, "%"),
        *_times(stage.response_time_ms),
    ]


def step_table(stages: list[stage_model.Stage]) -> Padding:
    table = bare_table()
    table.add_column("step", max_width=24)
    add_numbers(table, "sent", "retried", "failed", "errors", *TIMES)
    for stage in stages:
        table.add_row(_name(stage.name), style="bold" if stage.judged else "dim")
        for part in stage.parts:
            table.add_row(*_part(part), style="" if stage.judged else "dim")
        if stage.paused_s:
            table.add_row(_name(f"  pauses {stage.paused_s:.1f} s besides"), style="dim")
    return Padding(table, (1, 0, 0, 2))


def _part(part: stage_model.Endpoint) -> list[RenderableType]:
    return [
        _name(f"  {part.name}"),
        *(f"{count}" for count in (part.attempts, part.retries, part.failed)),
        share_text(part.error_rate_percent, 1, "%"),
        *_times(part.response_time_ms),
    ]


def _times(latency: stage_model.Latency) -> list[str]:
    return [_figure(ms) for ms in (latency.p50, latency.p95, latency.p99, latency.max)]


def _figure(value: float | None) -> str:
    return tenths_text(value) if value is None or value < 999.95 else f"{value:.0f}"


def try_table(capacity: model.Capacity) -> Padding:
    table = bare_table()
    table.add_column("try", no_wrap=True)
    table.add_column("what", no_wrap=True)
    add_numbers(table, "offered")
    table.add_column("result", no_wrap=True)
    table.add_column("why", overflow="fold")
    for number, step in enumerate(capacity.steps, 1):
        cells = (f"{number}", PHASES[step.phase], f"{step.rate:g}/s")
        table.add_row(*cells, RESULTS[step.passed], step.reason)
    return Padding(table, (1, 0, 0, 2))


def completion_table(stages: list[stage_model.Stage]) -> Padding:
    table = bare_table()
    table.add_column("jobs followed", max_width=14)
    add_numbers(table, "jobs", "succeeded", "failed", "abandoned", *TIMES)
    for stage in stages:
        if (jobs := stage.completion) is not None:
            counts = (jobs.followed, jobs.succeeded, jobs.failed, jobs.abandoned)
            cells = [*map(str, counts), *_times(jobs.time_ms)]
            table.add_row(_name(stage.name), *cells, style="" if stage.judged else "dim")
    return Padding(table, (1, 0, 0, 2))


def check_table(checks: list[model.Check]) -> Padding:
    table = bare_table()
    table.add_column("check", overflow="fold", max_width=30)
    table.add_column("expected", overflow="fold", max_width=34)
    table.add_column("actual", overflow="fold", max_width=20)
    table.add_column("status", no_wrap=True)
    for check in checks:
        table.add_row(check_name(check), check.expect, check.actual, status_word(check.status))
    return Padding(table, (1, 0, 0, 2))
