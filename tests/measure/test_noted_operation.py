"""Operations that are told one by one: the same ones, however many processes counted them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import snapshot, told

from jobload.measure.bounds import Bounds, ImpossibleSnapshotError
from jobload.measure.noted_operation import (
    MOST_NOTED,
    NotedAttempt,
    NotedOperation,
    NotedOperations,
)
from jobload.measure.snapshot import MalformedSnapshotError, Snapshot, decode, encode
from jobload.measure.stage_record import StageRecord


def operation(response_us: int = 100, at_us: int = 0, outcome: str = "", **more: Any) -> Any:
    attempt = NotedAttempt("a", 0, None, response_us, outcome)
    fields: dict[str, Any] = {
        "name": "a",
        "at_us": at_us,
        "waited_us": 0,
        "response_us": response_us,
        "paused_us": 0,
        "retries": 0,
        "outcome": outcome,
        "step": "a",
        "attempts": (attempt,),
    }
    return NotedOperation(**{**fields, **more})


ended = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.booleans()), min_size=1, max_size=60
)


def noted(operations: list[NotedOperation]) -> NotedOperations:
    """As one process has it, to which they come in the order in which they end."""
    made = NotedOperations()
    for each in sorted(operations, key=lambda each: each.ended_us):
        if not each.outcome:
            made.note_slow(each)
        elif made.wants_failed:
            made.failed += (each,)
    return made


@given(ended, st.integers(1, 4))
def test_what_processes_tell_together_is_what_one_would_tell(
    seen: list[tuple[int, int, bool]], processes: int
) -> None:
    operations = [operation(us, at, "" if good else "http-500") for us, at, good in seen]
    together = NotedOperations()
    for process in range(processes):
        together.merge(noted(operations[process::processes]))
    alone = noted(operations)
    assert [each.response_us for each in together.slowest] == [
        each.response_us for each in alone.slowest
    ]
    assert [each.ended_us for each in together.failed] == [each.ended_us for each in alone.failed]


@given(ended)
def test_the_floor_is_what_slower_ones_are_above(seen: list[tuple[int, int, bool]]) -> None:
    made, floor_us = NotedOperations(), -1
    for us, at_us, _ in seen:
        if us > floor_us:
            floor_us = made.note_slow(operation(us, at_us))
    slowest = sorted((us for us, _, _ in seen), reverse=True)[:MOST_NOTED]
    assert [each.response_us for each in made.slowest] == slowest


def snapshot_of(record: StageRecord) -> Snapshot:
    return snapshot(stages=[told(record)])


# --- what a worker can't say ----------------------------------------------------------------


def stage(slowest: tuple[Any, ...] = (), failed: tuple[Any, ...] = ()) -> StageRecord:
    """Two successes of at most 100 µs and a failure on endpoint a."""
    record = StageRecord(offered=3, started=3)
    endpoint = record.endpoint("a")
    endpoint.started, endpoint.succeeded, endpoint.failed, endpoint.attempts = 3, 2, 1, 3
    endpoint.response_time.record(50)
    endpoint.response_time.record(100)
    record.noted = NotedOperations(slowest, failed)
    return record


def test_what_can_be_is_believed() -> None:
    sound = snapshot_of(stage((operation(100), operation(50)), (operation(9, 0, "http-500"),)))
    assert Bounds().admit(decode(encode(sound)), {}, 10.0)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (stage((operation(), operation(), operation())), "more of its slowest"),
        (stage((operation(101),)), "took longer than any"),
        (stage(failed=(operation(1, 0, "x"), operation(2, 0, "x"))), "more of its failed"),
        (stage((operation(name="b"),)), "whose name nothing else has"),
        (stage((operation(step="b"),)), "whose name nothing else has"),
        (stage(failed=(operation(1, 0, "\x1b[2J"),)), "can't be shown"),
    ],
)
def test_what_speaks_against_itself_is_not(record: StageRecord, sentence: str) -> None:
    with pytest.raises(ImpossibleSnapshotError, match=sentence):
        Bounds().admit(snapshot_of(record), {}, 10.0)


@pytest.mark.parametrize(
    "record",
    [
        stage(tuple(operation() for _ in range(MOST_NOTED + 1))),
        stage((operation(trace="zz" * 16),)),
        stage((operation(trace="ab"),)),
        stage((operation(attempts=tuple(operation().attempts) * 21),)),
        stage((operation(waited_us=-1),)),
    ],
)
def test_what_is_none_is_refused_as_a_whole(record: StageRecord) -> None:
    with pytest.raises(MalformedSnapshotError):
        decode(encode(snapshot_of(record)))
