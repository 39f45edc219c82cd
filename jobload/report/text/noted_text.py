"""Operations that are told one by one, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.report.result import model, stage_model
from jobload.report.text.search_text import telling_stages


def noted_lines(scenario: model.Scenario) -> Iterator[str]:
    """The slowest operation of all judged stages, and the first of any stage that failed."""
    slow = [(s.name, s.slowest[0]) for s in scenario.stages if s.judged and s.slowest]
    if slow:
        stage, noted = max(slow, key=lambda found: found[1].response_time_ms)
        yield f"slowest in {stage}: {sentence(noted)}"
    for each in scenario.stages:
        if each.first_failed:
            yield f"first failed in {each.name}: {sentence(each.first_failed[0])}"
            return


def sentence(noted: stage_model.NotedOperation) -> str:
    parts = [f"{noted.response_time_ms:,.1f} ms at {noted.started_s:.1f} s", where(noted)]
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


def noted_of(scenario: model.Scenario) -> Iterator[tuple[str, str, stage_model.NotedOperation]]:
    """(stage, why it is told, operation): the slowest of each stage, then those that failed."""
    for stage in telling_stages(scenario):
        yield from ((stage.name, "slow", each) for each in stage.slowest)
        yield from ((stage.name, each.outcome, each) for each in stage.first_failed)


def time_line(noted: stage_model.NotedOperation) -> Iterator[str]:
    """What became of each request, in milliseconds from the intended start."""
    yield f"begun {noted.waited_ms:,.1f}"
    for number, attempt in enumerate(noted.attempts, 1):
        if noted.unlisted_attempts and number == len(noted.attempts):
            yield f"{noted.unlisted_attempts} more attempts"
        arrived = "" if attempt.arrived_ms is None else f", arrived {attempt.arrived_ms:,.1f}"
        ended = "read" if attempt.outcome == "succeeded" else f"{attempt.outcome} at"
        sent = f"{attempt.step}: sent {attempt.sent_ms:,.1f}"
        yield f"{sent}{arrived}, {ended} {attempt.read_ms:,.1f}"
