"""summary.md, also appended to the job summary of a GitHub workflow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jobload.plan.counted import counted
from jobload.report.result import model, stage_model
from jobload.report.text.answer_text import answer_lines, detail_beside_answers
from jobload.report.text.diagnosis_text import diagnosis_lines
from jobload.report.text.frequent_text import abandoned_lines
from jobload.report.text.markdown_text import code, escaped, table
from jobload.report.text.noted_text import where
from jobload.report.text.reason import check_name, verdict_reason
from jobload.report.text.scenario_text import scenario_title
from jobload.report.text.search_text import PHASES, RESULTS, telling_stages
from jobload.report.text.shown_figures import NONE, seconds_text, share_text, tenths_text

SIGNS = {
    "PASS": "✅",
    "FAIL": "❌",
    "INVALID": "⚠️",
    "PROFILED": "📊",
    "WARN": "🟡",
    "INSUFFICIENT": "❔",
}
MOST_NOTED = 3
"""Of a stage; the other reports have more."""


def summary_markdown(result: model.Result) -> str:
    return "\n".join(_lines(result)) + "\n"


def _lines(result: model.Result) -> Iterator[str]:
    yield f"## {SIGNS[result.status]} jobload: {result.status}"
    yield ""
    if reason := verdict_reason(result):
        yield f"**{escaped(reason)}**"
        yield ""
    total, workers = result.total, len(result.topology.workers)
    yield (
        f"Run `{result.run_id}` against `{code(result.host)}`: "
        f"{counted(total.total_requests, 'operation')}"
        f" in {result.duration_s:.0f} s, {counted(workers, 'worker')},"
        f" percentiles ± {result.histogram_error_percent:.2g} %."
    )
    for scenario in result.scenarios:
        yield from _scenario(scenario)
    yield from _rows(result.rows)
    for note in result.notes:
        yield from ("", f"- note: {escaped(note)}")
    yield from _validity(result.validity)


def _scenario(scenario: model.Scenario) -> Iterator[str]:
    yield from (
        "",
        f"### {SIGNS[scenario.status]} {escaped(scenario_title(scenario))}: {scenario.status}",
        "",
    )
    if scenario.ended_early:
        yield from (f"Ended early: {escaped(scenario.ended_early)}", "")
    yield from table(
        ("stage", "time", "offered", "missed", "done/s", "errors", "p50", "p95", "p99", "max ms"),
        [_stage(stage) for stage in telling_stages(scenario)],
    )
    if any(stage.flows for stage in scenario.stages):
        yield ""
        yield from table(
            ("step", "stage", "requests", "retries", "failed", "p50", "p95", "p99", "max ms"),
            [_part(stage, part) for stage in telling_stages(scenario) for part in stage.parts],
        )
    if scenario.capacity is not None:
        yield ""
        yield from table(
            ("try", "what", "offered", "result", "why"),
            [_try(number, step) for number, step in enumerate(scenario.capacity.steps, 1)],
        )
    if any(stage.completion for stage in scenario.stages):
        yield ""
        yield from table(
            ("jobs followed", "jobs", "succeeded", "failed", "abandoned", "p50", "p95", "p99 ms"),
            [_completion(s.name, s.completion) for s in scenario.stages if s.completion],
        )
    if scenario.checks:
        yield ""
        yield from table(
            ("check", "expected", "actual", "status"),
            [_check(scenario, check) for check in scenario.checks],
        )
    for line in _extras(scenario):
        yield from ("", f"- {escaped(line)}")
    yield from _noted(scenario)


def _stage(stage: stage_model.Stage) -> list[str]:
    return [
        escaped(stage.name) if stage.judged else f"*{escaped(stage.name)}*",
        seconds_text(stage.duration_s),
        f"{stage.offered:,}",
        f"{stage.missed:,}",
        tenths_text(stage.throughput_rps),
        share_text(stage.error_rate_percent, 2),
        *_times(stage.response_time_ms),
    ]


def _part(stage: stage_model.Stage, part: stage_model.Endpoint) -> list[str]:
    return [
        escaped(part.name),
        escaped(stage.name),
        *(f"{count:,}" for count in (part.attempts, part.retries, part.failed)),
        *_times(part.response_time_ms),
    ]


def _times(latency: stage_model.Latency) -> list[str]:
    return [tenths_text(ms) for ms in (latency.p50, latency.p95, latency.p99, latency.max)]


def _try(number: int, step: model.CapacityStep) -> list[str]:
    cells = (f"{number}", PHASES[step.phase], f"{step.rate:g}/s", RESULTS[step.passed], step.reason)
    return [escaped(cell) for cell in cells]


def _check(scenario: model.Scenario, check: model.Check) -> list[str]:
    status = f"{SIGNS[check.status]} {check.status}"
    if detail := detail_beside_answers(scenario, check):
        status += f": {detail}"
    return [escaped(cell) for cell in (check_name(check), check.expect, check.actual, status)]


def _extras(scenario: model.Scenario) -> Iterator[str]:
    for sentence, advice in diagnosis_lines(scenario):
        yield " ".join(part for part in (f"diagnosis: {sentence}.", advice) if part)
    if scenario.breaking_point is not None:
        yield scenario.breaking_point.text
    yield from answer_lines(scenario)
    yield from abandoned_lines(scenario)
    if scenario.audit is not None:
        yield f"audit {SIGNS[scenario.audit.status]} {scenario.audit.text}"


def _noted(scenario: model.Scenario) -> Iterator[str]:
    found = [
        (stage.name, each)
        for stage in telling_stages(scenario)
        for each in (*stage.slowest[:MOST_NOTED], *stage.first_failed[:MOST_NOTED])
        if stage.judged or each.outcome != "succeeded"
    ]
    if found:
        yield ""
        yield from table(
            ("slowest, and first failed", "stage", "at", "waited", "ms", "what", "trace"),
            [_noted_operation(stage, each) for stage, each in found],
        )


def _noted_operation(stage: str, noted: stage_model.NotedOperation) -> list[str]:
    return [
        escaped(where(noted)),
        escaped(stage),
        f"{noted.started_s:.1f} s",
        tenths_text(noted.waited_ms),
        tenths_text(noted.response_time_ms),
        escaped(noted.outcome),
        NONE if noted.trace_id is None else f"`{noted.trace_id}`",
    ]


def _completion(stage: str, jobs: stage_model.Completion) -> list[str]:
    counts = (jobs.followed, jobs.succeeded, jobs.failed, jobs.abandoned)
    return [escaped(stage), *(f"{count:,}" for count in counts), *_times(jobs.time_ms)[:-1]]


def _rows(sources: Sequence[model.Rows]) -> Iterator[str]:
    if sources:
        yield ""
    for source in sources:
        yield f"- rows {escaped(source.text)}"


def _validity(checks: Sequence[model.Validity]) -> Iterator[str]:
    notable = [check for check in checks if check.status != "PASS"]
    yield from ("", f"### Validity: {len(checks) - len(notable)} of {len(checks)} hold")
    for check in notable:
        yield ""
        end = "" if check.actual.endswith((".", "?", "!")) or not check.advice else "."
        told = f"{escaped(check.actual)}{end} {escaped(check.advice)}".rstrip()
        yield f"- {SIGNS[check.status]} **{check.id}**: {told}"
