"""Which operations are traced: a share of them, the same ones for one seed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from jobload.load.trace.trace_choice import TraceChoice

OPERATIONS = 100_000


def chosen(choice: TraceChoice, operations: int = OPERATIONS) -> list[int]:
    return [number for number in range(operations) if choice.next() is not None]


@pytest.mark.parametrize("share", [0.001, 0.01, 0.25, 0.9])
def test_the_share_is_kept(share: float) -> None:
    expected = OPERATIONS * share
    spread = 5 * (OPERATIONS * share * (1 - share)) ** 0.5
    assert len(chosen(TraceChoice(share, 0, 0, "run"))) == pytest.approx(expected, abs=spread)


def test_all_are_traced_when_all_shall_be() -> None:
    assert chosen(TraceChoice(1.0, 0, 0, "run"), 100) == [*range(100)]


def test_one_seed_chooses_the_same_operations_again() -> None:
    assert chosen(TraceChoice(0.05, 7, 1, "a")) == chosen(TraceChoice(0.05, 7, 1, "b"))


def test_another_seed_or_process_chooses_others() -> None:
    first = chosen(TraceChoice(0.05, 7, 1, "a"))
    assert first != chosen(TraceChoice(0.05, 8, 1, "a"))
    assert first != chosen(TraceChoice(0.05, 7, 2, "a"))


def test_ids_are_of_one_run_and_process_alone() -> None:
    traces = [
        TraceChoice(1.0, 0, process, run).next() for run in ("a", "b") for process in range(3)
    ]
    assert len({trace.id for trace in traces if trace}) == 6


def test_each_choice_is_independent_of_those_before() -> None:
    """Not every nth: the gaps between traced operations differ, and some follow each other."""
    numbers = chosen(TraceChoice(0.1, 0, 0, "run"))
    gaps = {after - before for before, after in pairwise(numbers)}
    assert 1 in gaps
    assert len(gaps) > 30
