from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from virtual_time import LATENCY_S, virtual_time

from jobload.measure.stage_record import StageRecord

from .conftest import Stage

actions = st.one_of(
    st.tuples(st.just("enter"), st.floats(0.01, 2.0)),
    st.tuples(st.just("stop"), st.integers(0, 20)),
    st.tuples(st.just("kill"), st.integers(0, 20)),
    st.tuples(st.just("open"), st.sampled_from([None, 0.3, 2.0, 7.7, 40.0])),
    st.tuples(st.sampled_from(["pause", "resume", "close"]), st.none()),
)
pauses_s = st.sampled_from([0.0, 0.004, 0.1, 0.75, 3.0])


@dataclass
class Play:
    """Carries actions out, and keeps the books that the dispatcher's are compared with."""

    stage: Stage
    planned: float = 0.0
    rate_per_user: float | None = 0.0
    paused: bool = False
    records: list[tuple[StageRecord, float | None]] = field(default_factory=list)

    def act(self, name: str, value: Any) -> None:
        alive = [user for user in self.stage.users if not user.greenlet.dead and not user._stopping]
        if name == "enter":
            self.stage.add(1, busy_s=value)
        elif name in ("stop", "kill"):
            if alive:
                getattr(alive[value % len(alive)], name)()
        elif name == "open":
            self.rate_per_user = value
            self.records.append((self.stage.open(value), value))
        else:
            getattr(self.stage, name)()
            if name == "close":
                self.rate_per_user = 0.0
            else:
                self.paused = name == "pause"

    def wait(self, seconds: float, blocked: bool) -> None:
        users = self.stage.dispatcher.users
        if not self.paused:
            self.planned += (self.rate_per_user or 0.0) * users * seconds
        (self.stage.time.block if blocked else self.stage.time.pass_by)(seconds)
        self.stage.time.pass_by(2 * LATENCY_S)  # what is due at this very instant is still to come

    def check(self) -> None:
        self.stage.dispatcher.count()
        backlog = self.stage.dispatcher.backlog
        offered = sum(record.offered for record, _ in self.records)
        assert offered == sum(r.started + r.missed for r, _ in self.records) + backlog
        rated = sum(record.offered for record, rate in self.records if rate is not None)
        assert abs(rated - self.planned) < 1
        for record, _ in self.records:
            assert record.started == sum(b.stage is record for b in self.stage.begun)
        waiting = [u for u in self.stage.users if not u.busy and not u.greenlet.dead]
        if self.records and not self.paused and self.rate_per_user != 0.0:
            assert not (waiting and backlog), "a user is free and an arrival waits"
            assert not (waiting and self.rate_per_user is None)


A_USER_FREE_AND_THE_LOOP_YET_TO_TURN = [
    (("enter", 0.25), 0.0, False),
    (("open", 2.0), 0.0, False),
    (("enter", 1.0), 0.75, False),
    (("stop", 0), 0.0, False),
]


@settings(max_examples=2 * settings().max_examples)
@given(st.lists(st.tuples(actions, pauses_s, st.booleans()), max_size=25), st.integers(0, 3))
@example(A_USER_FREE_AND_THE_LOOP_YET_TO_TURN, 0)
def test_under_any_schedule_every_planned_arrival_is_offered_and_started_or_missed(
    steps: list[tuple[tuple[str, Any], float, bool]], process: int
) -> None:
    with virtual_time() as time:
        play = Play(Stage(time, process))
        play.act("enter", 0.3)
        play.act("open", 7.7)
        for (name, value), wait_s, blocked in steps:
            play.act(name, value)
            play.wait(wait_s, blocked)
            play.check()
        play.act("close", None)
        play.check()
        assert play.stage.dispatcher.backlog == 0
        play.stage.end()


@given(st.lists(st.tuples(actions, pauses_s), max_size=25))
def test_as_long_as_the_process_never_sleeps_nothing_is_late(
    steps: list[tuple[tuple[str, Any], float]],
) -> None:
    with virtual_time() as time:
        play = Play(Stage(time))
        play.act("enter", 0.3)
        play.act("open", 7.7)
        for (name, value), wait_s in steps:
            play.act(name, value)
            play.wait(wait_s, blocked=False)
        assert all(record.late == 0 for record, _ in play.records)
        assert all(record.lateness.max_us <= 1 for record, _ in play.records)
        play.stage.end()
