"""The operations of one process that are told one by one: those that stand out, and traced ones."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from jobload.load.trace.timeline import Timeline, noted
from jobload.measure.noted_operation import NotedOperation
from jobload.measure.snapshot import MOST_TRACED, Traced
from jobload.measure.stage_record import StageRecord

if TYPE_CHECKING:
    from jobload.load.process.agent import Agent


ROOM_BYTES = 128 * 1024
"""For the traced operations of one report."""
NUMBERS_BYTES = 100
"""Of an operation or an attempt, besides its texts."""


class OperationNotes:
    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._traced: list[Traced] = []
        self._room_bytes = ROOM_BYTES
        self._untold = 0

    @property
    def run_began_s(self) -> float:
        return self._agent.dispatcher.zero_s

    def succeeded(self, stage: StageRecord, operation: NotedOperation) -> float:
        """From which response time on others of the stage are to be told of, in s."""
        self._tell(stage, operation)
        return (stage.noted.note_slow(operation) + 1) * 1e-6

    def failed(self, stage: StageRecord, operation: NotedOperation) -> None:
        self._tell(stage, operation)
        if stage.noted.wants_failed:
            stage.noted.failed += (operation,)

    def failed_early(self, stage: StageRecord, name: str, intended_s: float, kind: str) -> None:
        """It came to no request."""
        now_s = perf_counter()
        operation = noted(
            name,
            Timeline(),
            run_began_s=self.run_began_s,
            intended_s=intended_s,
            began_s=now_s,
            response_us=int((now_s - intended_s) * 1e6),
            outcome=kind,
        )
        self.failed(stage, operation)

    def _tell(self, stage: StageRecord, operation: NotedOperation) -> None:
        if not operation.trace:
            return
        self._room_bytes -= _size_bytes(operation)
        if len(self._traced) == MOST_TRACED or self._room_bytes < 0:
            self._untold += 1
            return
        stages = self._agent.recorder.stages
        key = next((key for key, record in stages.items() if record is stage), None)
        if key is not None:
            self._traced.append(Traced(key, operation))

    def take_traced(self) -> tuple[tuple[Traced, ...], int]:
        """Those since the last time, and how many in all were too many to be told."""
        traced, self._traced = tuple(self._traced), []
        self._room_bytes = ROOM_BYTES
        return traced, self._untold


def _size_bytes(operation: NotedOperation) -> int:
    """About, and not less."""
    texts = [operation.name, operation.step, operation.outcome]
    for attempt in operation.attempts:
        texts += (attempt.step, attempt.outcome)
    letters = sum(map(len, texts)) if all(map(str.isascii, texts)) else 4 * sum(map(len, texts))
    return letters + NUMBERS_BYTES * (1 + len(operation.attempts))
