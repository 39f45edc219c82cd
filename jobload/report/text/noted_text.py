"""Operations that are told one by one, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobload.plan.counted import counted
from jobload.report.result import model, stage_model
from jobload.report.text.search_text import telling_stages
from jobload.report.text.shown_figures import tenths_text


def noted_lines(scenario: model.Scenario) -> Iterator[str]:
    """The slowest operation of all judged stages, and the first of any stage that failed."""
    for stage, noted in _slowest(scenario):
        yield f"slowest in {stage}: {sentence(noted)}"
    for stage, noted in _first_failed(scenario):
        yield f"first failed in {stage}: {sentence(noted)}"


Noted = tuple[str, stage_model.NotedOperation]
"""With the name of its stage."""


def _slowest(scenario: model.Scenario) -> list[Noted]:
    """None or one."""
    slow = [(s.name, s.slowest[0]) for s in scenario.stages if s.judged and s.slowest]
    return [max(slow, key=lambda found: found[1].response_time_ms)] if slow else []


def _first_failed(scenario: model.Scenario) -> list[Noted]:
    return [(s.name, s.first_failed[0]) for s in scenario.stages if s.first_failed][:1]


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


@dataclass(frozen=True, slots=True)
class NotedStage:
    """`leads`: one of its operations is told on the console."""

    name: str
    leads: bool
    slowest: Sequence[stage_model.NotedOperation]
    failed: Sequence[stage_model.NotedOperation]

    @property
    def title(self) -> str:
        parts = []
        if self.slowest:
            parts.append(f"the slowest, up to {tenths_text(self.slowest[0].response_time_ms)} ms")
        if self.failed:
            parts.append("the first that failed")
        return f"{self.name}: {' and '.join(parts)}"

    @property
    def operations(self) -> list[tuple[str, stage_model.NotedOperation]]:
        """Each with why it is told: the slowest first, then those that failed."""
        slow = [("slow", each) for each in self.slowest]
        return slow + [(each.outcome, each) for each in self.failed]


def noted_stages(scenario: model.Scenario) -> Iterator[NotedStage]:
    led = {name for name, _ in (*_slowest(scenario), *_first_failed(scenario))}
    for stage in telling_stages(scenario):
        if stage.slowest or stage.first_failed:
            yield NotedStage(stage.name, stage.name in led, stage.slowest, stage.first_failed)


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
