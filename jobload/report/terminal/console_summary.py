"""The result of a run as tables of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from jobload.plan.counted import counted
from jobload.report.result import model
from jobload.report.terminal.page import WIDTH, parts_text, print_parts, status_word
from jobload.report.terminal.text_tables import (
    check_table,
    completion_table,
    stage_table,
    step_table,
    try_table,
)
from jobload.report.text.answer_text import answer_lines, detail_beside_answers
from jobload.report.text.diagnosis_text import diagnosis_lines
from jobload.report.text.frequent_text import abandoned_lines, most_frequent_lines
from jobload.report.text.noted_text import noted_lines
from jobload.report.text.plain import in_plain
from jobload.report.text.reason import check_name, verdict_reason
from jobload.report.text.scenario_text import configuration_text, scenario_title
from jobload.report.text.search_text import telling_stages


def render(result: model.Result) -> str:
    return parts_text(_report(in_plain(result)))


def print_report(result: model.Result, file: TextIO) -> None:
    print_parts(_report(in_plain(result)), file)


def _report(result: model.Result) -> Iterator[RenderableType]:
    yield Text()
    for scenario in result.scenarios:
        yield from _scenario(scenario)
    yield from _rows(result)
    for note in result.notes:
        yield Text.assemble(("note", "bold"), f"  {note}")
        yield Text()
    yield from _validity(result)
    yield _verdict(result)


def _scenario(scenario: model.Scenario) -> Iterator[RenderableType]:
    yield Text.assemble((scenario_title(scenario), "bold"), "  ", status_word(scenario.status))
    yield _indented(configuration_text(scenario), "dim")
    limits = "; ".join(scenario.limits) or "none"
    yield _indented(f"limits: {limits}", "dim")
    if scenario.ended_early:
        yield _indented(f"ended early: {scenario.ended_early}", "yellow")
    yield stage_table(telling_stages(scenario))
    if stepped := [stage for stage in telling_stages(scenario) if stage.flows]:
        yield step_table(stepped)
    if scenario.capacity is not None:
        yield try_table(scenario.capacity)
    if any(stage.completion for stage in scenario.stages):
        yield completion_table(scenario.stages)
        for line in abandoned_lines(scenario):
            yield _indented(line, "yellow")
    if scenario.checks:
        yield check_table(scenario.checks)
    for line in [*_details(scenario), *_extras(scenario)]:
        yield _indented(line)
    if (audit := scenario.audit) is not None:
        yield _indented(Text.assemble(status_word(audit.status), f" audit: {audit.text}"))
    yield from _errors(scenario)
    for line in noted_lines(scenario):
        yield _indented(line, "dim")
    for sentence, advice in diagnosis_lines(scenario):
        yield _indented(f"diagnosis: {sentence}")
        if advice:
            yield Padding(Text(advice, "dim"), (0, 0, 0, 4))
    yield Text()


def _indented(text: str | Text, style: str = "") -> Padding:
    return Padding(Text(text, style) if isinstance(text, str) else text, (0, 0, 0, 2))


def _details(scenario: model.Scenario) -> Iterator[str]:
    """What is said beside the figures of the checks, but for what `_extras` says of them."""
    for check in scenario.checks:
        if detail := detail_beside_answers(scenario, check):
            yield f"{check_name(check)}: {detail}"


def _extras(scenario: model.Scenario) -> Iterator[str]:
    if (point := scenario.breaking_point) is not None:
        yield point.text
        yield _interval(point)
    yield from answer_lines(scenario)


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
    return counted(step.users, "user") if step.rate is None else f"{step.rate:g}/s"


def _errors(scenario: model.Scenario) -> Iterator[RenderableType]:
    lines, left = most_frequent_lines(error for stage in scenario.stages for error in stage.errors)
    for text in lines:
        line = Text(text, "red")
        line.truncate(2 * (WIDTH - 2), overflow="ellipsis")
        yield _indented(line)
    if left:
        yield _indented(f"and {counted(left, 'more kind')} of errors")


def _rows(result: model.Result) -> Iterator[RenderableType]:
    for source in result.rows:
        yield Text.assemble(("rows", "bold"), f"  {source.text}")
    if result.rows:
        yield Text()


def _validity(result: model.Result) -> Iterator[RenderableType]:
    notable = [check for check in result.validity if check.status != "PASS"]
    passed = len(result.validity) - len(notable)
    workers = len(result.topology.workers)
    yield Text.assemble(
        ("validity", "bold"),
        f"  {passed} of {len(result.validity)} hold; {counted(workers, 'worker')},"
        f" {counted(result.total.total_requests, 'operation')},"
        f" percentiles ± {result.histogram_error_percent:.2g} %",
    )
    for check in notable:
        found = f" {check.id}: {check.actual}"
        yield _indented(Text.assemble(status_word(check.status), found))
        if check.advice:
            yield Padding(Text(check.advice, "dim"), (0, 0, 0, 4))
    yield Text()


def _verdict(result: model.Result) -> Text:
    reason = verdict_reason(result)
    line = Text.assemble(
        ("Verdict: ", "bold"),
        status_word(result.status),
        f" (exit {result.exit_code})",
        f" {reason}" if reason else "",
    )
    line.truncate(WIDTH, overflow="ellipsis")
    return line
