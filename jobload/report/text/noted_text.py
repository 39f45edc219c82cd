"""Operations that are told one by one, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.plan.counted import counted
from jobload.report.result import model, stage_model
from jobload.report.text.search_text import telling_stages
from jobload.report.text.shown_figures import tenths_text


def noted_lines(scenario: model.Scenario) -> Iterator[str]:
    for what, stage, noted in _leading(scenario):
        yield f"{what} in {stage.name}: {sentence(noted)}"


def _leading(
    scenario: model.Scenario,
) -> Iterator[tuple[str, stage_model.Stage, stage_model.NotedOperation]]:
    """The slowest operation of all judged stages, and the first of any stage that failed."""
    slow = [stage for stage in scenario.stages if stage.judged and stage.slowest]
    if slow:
        stage = max(slow, key=lambda each: each.slowest[0].response_time_ms)
        yield "slowest", stage, stage.slowest[0]
    for stage in [each for each in scenario.stages if each.first_failed][:1]:
        yield "first failed", stage, stage.first_failed[0]


def sentence(noted: stage_model.NotedOperation) -> str:
    parts = [f"{tenths_text(noted.response_time_ms)} ms at {noted.started_s:.1f} s", where(noted)]
    if noted.outcome != "succeeded":
        parts.append(noted.outcome)
    parts.append(f"waited {noted.waited_ms:,.1f} ms")
    if noted.retries:
        parts.append(f"{noted.retries} retr{'y' if noted.retries == 1 else 'ies'}")
    if noted.trace_id is not None:
        parts.append(f"trace {noted.trace_id}")
    return ", ".join(parts)


def where(noted: stage_model.NotedOperation) -> str:
    """The operation, and the step that it is about."""
    return noted.name if noted.step == noted.name else f"{noted.name}, step {noted.step}"


def noted_stages(scenario: model.Scenario) -> list[tuple[stage_model.Stage, bool]]:
    """Each with whether one of its operations is told on the console."""
    led = {stage.name for _, stage, _ in _leading(scenario)}
    found = [stage for stage in telling_stages(scenario) if stage.slowest or stage.first_failed]
    return [(stage, stage.name in led) for stage in found]


def noted_title(stage: stage_model.Stage) -> str:
    parts = []
    if stage.slowest:
        parts.append(f"the slowest, up to {tenths_text(stage.slowest[0].response_time_ms)} ms")
    if stage.first_failed:
        parts.append("the first that failed")
    return f"{stage.name}: {' and '.join(parts)}"


def noted_operations(stage: stage_model.Stage) -> list[tuple[str, stage_model.NotedOperation]]:
    """Each with why it is told: the slowest first, then those that failed."""
    slow = [("slow", each) for each in stage.slowest]
    return slow + [(each.outcome, each) for each in stage.first_failed]


def time_line(noted: stage_model.NotedOperation) -> Iterator[str]:
    """What became of each request, in milliseconds from the intended start."""
    yield f"begun {noted.waited_ms:,.1f}"
    for number, attempt in enumerate(noted.attempts, 1):
        if noted.unlisted_attempts and number == len(noted.attempts):
            yield counted(noted.unlisted_attempts, "more attempt")
        arrived = "" if attempt.arrived_ms is None else f", arrived {attempt.arrived_ms:,.1f}"
        ended = "read" if attempt.outcome == "succeeded" else f"{attempt.outcome} at"
        sent = f"{attempt.step}: sent {attempt.sent_ms:,.1f}"
        yield f"{sent}{arrived}, {ended} {attempt.read_ms:,.1f}"
