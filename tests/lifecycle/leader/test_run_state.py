"""The states of a run, and which step may follow which."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.lifecycle.leader.run_state import IllegalStepError, RunState, Step

Move = Callable[[RunState], RunState]
MOVES: dict[str, Move] = {
    "begin": RunState.begin_scenario,
    "enter": lambda s: s.enter_stage(s.stage + 1),
    "drain": lambda s: s.drain(2.0),
    "rest": RunState.rest,
    "end": lambda s: s.end("completed", "", 5.0),
    "interrupt": lambda s: s.interrupt("sigint"),
    "conclude": RunState.conclude,
}
ALLOWED: dict[Step, dict[str, Step]] = {
    "prepare": {"begin": "load", "end": "end"},
    "load": {"enter": "load", "drain": "drain", "end": "end"},
    "drain": {"rest": "rest", "end": "end"},
    "rest": {"begin": "load", "rest": "rest", "end": "end"},
    "end": {"interrupt": "end", "conclude": "over"},
    "over": {},
}


def moved(*names: str) -> RunState:
    state = RunState()
    for name in names:
        state = MOVES[name](state)
    return state


WAYS: dict[Step, RunState] = {
    "prepare": moved(),
    "load": moved("begin"),
    "drain": moved("begin", "drain"),
    "rest": moved("begin", "drain", "rest"),
    "end": moved("begin", "end"),
    "over": moved("begin", "end", "conclude"),
}


@pytest.mark.parametrize("step", ALLOWED)
@pytest.mark.parametrize("move", MOVES)
def test_each_step_follows_only_where_it_may(step: Step, move: str) -> None:
    state = WAYS[step]
    assert state.step == step
    if move in ALLOWED[step]:
        assert MOVES[move](state).step == ALLOWED[step][move]
    else:
        with pytest.raises(IllegalStepError, match=f"a run in {step} can't"):
            MOVES[move](state)


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=30))
def test_whatever_is_tried_scenarios_come_in_order_and_stages_begin_at_the_first(
    names: list[str],
) -> None:
    state, begun = RunState(), 0
    for name in names:
        if name not in ALLOWED[state.step]:
            continue
        state = MOVES[name](state)
        begun += name == "begin"
        assert state.position == begun - 1
        assert state.stage == 0 or state.step != "prepare"
        if name == "begin":
            assert state.stage == 0
    assert state.is_ending == (state.step in ("end", "over"))


def test_the_first_signal_in_a_drain_says_why_it_ended_and_one_more_cuts_it_off() -> None:
    state = moved("begin").end("completed", "", 5.0)
    once = state.interrupt("sigterm")
    assert (once.reason, once.interrupted, once.drain_s) == ("sigterm", True, 5.0)
    twice = once.interrupt("sigint")
    assert (twice.reason, twice.drain_s) == ("sigint", 0.0)


def test_what_is_no_signal_changes_nothing_of_an_end() -> None:
    state = moved("begin").end("aborted", "a breach", 5.0)
    assert state.interrupt("completed") is state
    assert not state.interrupted


def test_a_run_that_is_stopped_ends_pauses_at_once_and_one_that_is_complete_does_not() -> None:
    assert moved("begin").end("stopped", "", 5.0).interrupted
    assert not moved("begin").end("completed", "", 5.0).interrupted
