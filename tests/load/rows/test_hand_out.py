"""Each row for one operation, whoever asks, gives back, is killed, comes late or is not heard."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from functools import cache

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from jobload.load.rows.hand_out import HandOut
from jobload.load.rows.holding import ImpossibleRowsError
from jobload.load.rows.messages import (
    Answer,
    Given,
    Recalled,
    Wanted,
    decode_answer,
    decode_wanted,
    encode,
)
from jobload.load.rows.once_share import ASK_AGAIN_S, REFUSED_FOR_S, OnceShare
from jobload.load.rows.row import RowsSpent
from jobload.load.rows.rows import Rows
from jobload.measure.row_use import MOST_STRETCHES, RowUse
from jobload.plan.flow.sources import sources_of
from jobload.plan.flow.table import Table
from jobload.plan.scenario import Scenario, load_scenario

RUN = "run"


@cache
def scenario(each: str = "once") -> Scenario:
    light = {"name": "a", "shape": "ramp", "users": 1, "ramp_up": "1s", "duration": "2s"}
    return load_scenario({**light, "data": {"people": {"file": "people.csv", "each": each}}})


def table(total: int) -> Table:
    rows = Table(("n",))
    for number in range(total):
        rows.add([number])
    return rows


def hand_out(total: int, each: str = "once") -> HandOut:
    scenarios = [scenario(each)]
    return HandOut(RUN, scenarios, {sources_of(scenarios)[0]: table(total)})


class Process:
    """One that makes load: a real share, and what it has said and not yet been heard of it."""

    def __init__(self, name: str, run: World) -> None:
        self.name = name
        self.run = run
        self.said: deque[tuple[bytes, bool]] = deque()
        self.heard: list[tuple[bytes, bool]] = []
        self.answers: deque[bytes] = deque()
        self.share = OnceShare(0, "people", self._ask, lambda: run.now_s)
        self.taken: list[int] = []
        self.share.stock_up()

    def _ask(self, use: RowUse, want: int, urgent: bool) -> None:
        self.said.append((encode(Wanted(RUN, use, want, urgent)), False))

    def tell(self, final: bool = False) -> None:
        self.said.append((encode(Wanted(RUN, self.share.use())), final))

    def need(self) -> int | None:
        """As an operation takes a row, without waiting for it."""
        row = self.share.take_at_hand()
        if row is None:
            self.share._ask_for_rows(urgent=True)
            return None
        assert row[1] == b"[%d]" % row[0]
        return row[0]


@dataclass
class World:
    """The one that leads, the processes, and wires on which messages wait, repeat or get lost."""

    total: int
    now_s: float = 0.0
    sent: Counter[int] = field(default_factory=Counter)
    processes: dict[str, Process] = field(default_factory=dict)
    killed: set[str] = field(default_factory=set)
    by_killed: dict[str, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.leader = hand_out(self.total)

    def come(self) -> Process:
        name = f"w{len(self.processes) + len(self.killed)}-{len(self.by_killed)}"
        process = self.processes[name] = Process(name, self)
        self.by_killed[name] = set()
        return process

    def send(self, process: Process, index: int) -> None:
        process.share.sent(index)
        self.sent[index] += 1
        self.by_killed[process.name].add(index)

    def hear(self, process: Process) -> None:
        packed, final = process.said.popleft()
        process.heard.append((packed, final))
        wanted = decode_wanted(packed)
        if final:
            letters = self.leader.told(process.name, [wanted.use], final=True)
        else:
            letters = self.leader.wanted(process.name, wanted)
        self.post(letters)

    def post(self, letters: list[tuple[str, Answer]]) -> None:
        for worker, answer in letters:
            if worker in self.processes:
                self.processes[worker].answers.append(encode(answer))

    def answer(self, process: Process) -> None:
        answer = decode_answer(process.answers.popleft())
        if isinstance(answer, Given):
            process.share.give(answer)
        elif isinstance(answer, Recalled):
            process.share.recall(answer)
        else:
            process.share.refuse()

    def settle(self) -> None:
        """Until nobody has anything to say."""
        while any(p.said or p.answers for p in self.processes.values()):
            for process in self.processes.values():
                while process.said:
                    self.hear(process)
                while process.answers:
                    self.answer(process)

    def kill(self, process: Process) -> None:
        del self.processes[process.name]
        self.killed.add(process.name)


class HandingOut(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World(0)
        self.busy: list[tuple[Process, int]] = []

    @initialize(total=st.integers(1, 30), processes=st.integers(1, 4))
    def begin(self, total: int, processes: int) -> None:
        self.world = World(total)
        for _ in range(processes):
            self.world.come()

    def some(self, data: st.DataObject) -> Process:
        names = sorted(self.world.processes)
        return self.world.processes[data.draw(st.sampled_from(names))]

    @rule()
    def one_comes_late(self) -> None:
        if len(self.world.processes) < 6:
            self.world.come()

    @precondition(lambda self: self.world.processes)
    @rule(data=st.data(), count=st.integers(1, 12))
    def operations_begin(self, data: st.DataObject, count: int) -> None:
        process = self.some(data)
        for _ in range(count):
            if (index := process.need()) is not None:
                assert not self.world.sent[index]
                self.busy.append((process, index))

    @precondition(lambda self: self.busy)
    @rule(data=st.data(), sends=st.booleans())
    def an_operation_sends_or_ends(self, data: st.DataObject, sends: bool) -> None:
        process, index = self.busy.pop(data.draw(st.integers(0, len(self.busy) - 1)))
        if sends:
            self.world.send(process, index)
        else:
            process.share.release(index)

    @precondition(lambda self: self.world.processes)
    @rule(data=st.data(), reports=st.booleans())
    def one_is_heard(self, data: st.DataObject, reports: bool) -> None:
        process = self.some(data)
        if reports:
            process.tell()
        while process.said:
            self.world.hear(process)

    @precondition(lambda self: self.world.processes)
    @rule(data=st.data(), twice=st.booleans())
    def one_hears(self, data: st.DataObject, twice: bool) -> None:
        process = self.some(data)
        if twice:
            process.answers.extend([*process.answers])
        while process.answers:
            self.world.answer(process)

    @precondition(lambda self: self.world.processes)
    @rule(data=st.data(), way=st.sampled_from(["said", "answers"]))
    def a_message_is_lost(self, data: st.DataObject, way: str) -> None:
        messages = getattr(self.some(data), way)
        if messages:
            messages.popleft()

    @precondition(lambda self: self.world.processes)
    @rule(data=st.data())
    def an_old_word_comes_again(self, data: st.DataObject) -> None:
        process = self.some(data)
        if process.heard:
            process.said.append(data.draw(st.sampled_from(process.heard)))

    @rule()
    def all_is_said_and_heard(self) -> None:
        self.world.settle()

    @rule(seconds=st.sampled_from([0.001, ASK_AGAIN_S, REFUSED_FOR_S]))
    def time_passes(self, seconds: float) -> None:
        self.world.now_s += seconds
        for process in self.world.processes.values():
            process.share.stock_up()

    @precondition(lambda self: len(self.world.processes) > 1)
    @rule(data=st.data(), is_noticed=st.booleans())
    def one_is_killed(self, data: st.DataObject, is_noticed: bool) -> None:
        process = self.some(data)
        self.busy = [each for each in self.busy if each[0] is not process]
        self.world.kill(process)
        if is_noticed:
            self.world.post(self.world.leader.lost(process.name))

    @precondition(lambda self: len(self.world.processes) > 1)
    @rule(data=st.data())
    def one_leaves(self, data: st.DataObject) -> None:
        """Its words do come; what is in flight ends or is censored first."""
        process = self.some(data)
        self.busy = [each for each in self.busy if each[0] is not process]
        process.share.close()
        process.tell(final=True)
        while process.said:
            self.world.hear(process)
        del self.world.processes[process.name]

    @rule()
    def a_silent_one_is_only_thought_lost(self) -> None:
        for name in sorted(self.world.processes)[:1]:
            self.world.post(self.world.leader.lost(name))

    @invariant()
    def no_row_was_sent_twice(self) -> None:
        assert max(self.world.sent.values(), default=0) <= 1
        out = Counter(index for _, index in self.busy)
        assert max((out + self.world.sent).values(), default=0) <= 1

    def teardown(self) -> None:
        """All that are left end in order: each row is accounted for."""
        for process in list(self.world.processes.values()):
            process.share.close()
            process.tell(final=True)
            while process.said:
                self.world.hear(process)
        (figures,) = self.world.leader.figures()
        lost = {n for first, end in figures.lost for n in range(first, end)}
        sent = {index for index, count in self.world.sent.items() if count}
        of_killed = {i for name in self.world.killed for i in self.world.by_killed[name]}
        (pool,) = self.world.leader._pools
        assert pool is not None
        unused = {n for first, end in pool._back for n in range(first, end)}
        unused |= {*range(pool._untouched, self.world.total)}
        assert sent - lost | lost | unused == {*range(self.world.total)}
        assert not unused & (sent | lost)
        assert len(sent - lost) == figures.sent
        assert len(pool._back) == figures.given_back
        assert lost & sent <= of_killed
        if not self.world.killed:
            assert not lost


HandingOut.TestCase.settings = settings(
    max_examples=120,
    stateful_step_count=60,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink takes minutes
)
TestHandingOut = pytest.mark.slow(HandingOut.TestCase)


@given(st.integers(1, 300), st.lists(st.integers(0, 3), max_size=400), st.integers(1, 4))
def test_a_row_is_refused_only_when_there_is_none_anywhere(
    total: int, needs: list[int], processes: int
) -> None:
    """Whoever needs them, and whoever had them in stock."""
    world = World(total)
    workers = [world.come() for _ in range(processes)]
    world.settle()
    for need in needs:
        process = workers[need % processes]
        index = process.need()
        if index is None:
            world.settle()
            index = process.need()
        world.now_s += 0.01
        if index is None:
            assert sum(world.sent.values()) == total
        else:
            world.send(process, index)
    assert sum(world.sent.values()) == min(total, len(needs))
    assert max(world.sent.values(), default=0) <= 1


def test_an_operation_waits_for_no_answer_at_a_steady_rate() -> None:
    """1,000 a second, each answer two milliseconds late."""
    world = World(100_000)
    process = world.come()
    world.settle()
    late = []
    for number in range(5_000):
        world.now_s += 0.001
        if number % 2 == 0:
            world.settle()
        index = process.share.take_at_hand()
        if index is None:
            late.append(number)
            process.share._ask_for_rows(urgent=True)
        else:
            world.send(process, index[0])
    assert [number for number in late if number > 10] == []
    assert len(late) <= 3


def test_stretches_follow_the_rate_and_no_more_than_a_second_is_in_stock() -> None:
    world = World(100_000)
    quick, slow = world.come(), world.come()
    for number in range(20_000):
        world.now_s += 0.001
        world.send(quick, quick.need() or 0) if quick.share._packed else quick.need()
        if number % 100 == 0 and slow.share._packed:
            world.send(slow, slow.need() or 0)
        world.settle()
    assert 400 < len(quick.share._packed) <= 1_100
    assert len(slow.share._packed) <= 12


def test_a_killed_ones_rows_are_named_and_never_handed_out() -> None:
    world = World(20)
    dead, alive = world.come(), world.come()
    world.settle()
    first = dead.need()
    assert first is not None
    world.send(dead, first)
    dead.tell()
    world.settle()
    world.send(dead, dead.need() or 0)  # of which nobody hears
    held = {first + n for n in range(1, 4)} & set(range(20))
    world.kill(dead)
    world.leader.lost(dead.name)
    while (index := alive.need()) is not None:
        world.send(alive, index)
        world.settle()
    alive.share.close()
    alive.tell(final=True)
    world.settle()
    (figures,) = world.leader.figures()
    lost = {n for low, high in figures.lost for n in range(low, high)}
    assert lost & set(world.by_killed[alive.name]) == set()
    assert figures.sent + len(lost) == 20
    assert first not in lost
    assert world.by_killed[dead.name] - {first} <= lost
    assert held & lost


def test_who_leaves_gives_back_what_it_did_not_send() -> None:
    world = World(20)
    leaving, staying = world.come(), world.come()
    world.settle()
    world.send(leaving, leaving.need() or 0)
    assert leaving.need() is not None  # taken, and never sent
    leaving.share.close()
    leaving.tell(final=True)
    world.settle()
    del world.processes[leaving.name]
    while (index := staying.need()) is not None or staying.said:
        if index is not None:
            world.send(staying, index)
        world.settle()
        if sum(world.sent.values()) == 20:
            break
    assert sorted(world.sent) == [*range(20)]
    staying.tell()
    world.settle()
    (figures,) = world.leader.figures()
    assert (figures.sent, figures.given_back, len(figures.lost)) == (20, 0, 0)


def test_one_thought_lost_while_its_rows_are_asked_back_is_not_believed_to_have_them() -> None:
    """It was only slow, and does drop them; then it is handed those of one that has left."""
    world = World(24)
    needy, one, another = world.come(), world.come(), world.come()
    world.settle()
    while not (one.answers or another.answers):  # until somebody is asked for its rows
        if (index := needy.need()) is not None:
            world.send(needy, index)
        while needy.said:
            world.hear(needy)
        while needy.answers:
            world.answer(needy)
    slow, leaving = (one, another) if one.answers else (another, one)
    world.post(world.leader.lost(slow.name))
    leaving.share.close()
    leaving.tell(final=True)
    world.hear(leaving)
    del world.processes[leaving.name]
    while slow.answers:
        world.answer(slow)
    for _ in range(30):
        for process in (slow, needy):
            if (index := process.need()) is not None:
                world.send(process, index)
        world.settle()
        world.now_s += REFUSED_FOR_S
    assert world.sent == Counter(range(24))
    slow.tell()
    needy.tell()
    world.settle()
    (figures,) = world.leader.figures()
    assert (figures.sent, figures.given_back, len(figures.lost)) == (24, 0, 0)


def test_rows_that_were_lost_on_their_way_come_to_others_when_they_are_needed() -> None:
    world = World(4)
    unlucky, needy = world.come(), world.come()
    needy.said.clear()
    world.hear(unlucky)
    unlucky.answers.clear()
    for _ in range(20):
        if (index := needy.need()) is not None:
            world.send(needy, index)
        world.now_s += ASK_AGAIN_S
        world.settle()
    assert world.sent == Counter(range(4))
    for _ in range(3):
        assert unlucky.need() is None
        world.now_s += REFUSED_FOR_S
        world.settle()


def test_rows_that_were_lost_on_their_way_come_again() -> None:
    world = World(4_000)
    process = world.come()
    world.hear(process)
    process.answers.clear()
    world.now_s += ASK_AGAIN_S
    for _ in range(9):
        if (index := process.need()) is not None:
            world.send(process, index)
        world.settle()
    assert world.sent == Counter(range(8))


def test_an_old_word_changes_nothing() -> None:
    world = World(20)
    process = world.come()
    world.settle()
    process.tell()
    (early, _) = process.said[-1]
    world.settle()
    for _ in range(3):
        world.send(process, process.need() or 0)
        process.tell()
        world.settle()
    assert world.leader.wanted(process.name, decode_wanted(early)) == []
    assert world.leader.figures()[0].sent == 3


def test_a_row_that_was_released_is_the_next_one() -> None:
    world = World(20)
    process = world.come()
    world.settle()
    first, second = process.need(), process.need()
    assert first is not None
    assert second is not None
    process.share.release(first)
    process.share.sent(second)
    process.share.release(second)  # after all it was sent
    assert process.need() == first


# --- lies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lie",
    [
        RowUse(source=0, seq=9, received=7),
        RowUse(source=0, seq=9, received=1, taken=99),
        RowUse(source=0, seq=9, received=1, taken=1, unsent=[(5, 9)]),
        RowUse(source=0, seq=9, received=1, recall=1),
        RowUse(source=0, seq=9, received=0),
        RowUse(source=3, seq=9, received=0),
    ],
)
def test_what_cant_be_is_refused(lie: RowUse) -> None:
    leader = hand_out(10)
    leader.wanted("w1", Wanted(RUN, RowUse(source=0, seq=1, received=0), want=2))
    leader.wanted("w1", Wanted(RUN, RowUse(source=0, seq=2, received=1), want=2))
    with pytest.raises(ImpossibleRowsError):
        leader.wanted("w1", Wanted(RUN, lie, want=2))


# --- rows that come again -----------------------------------------------------------------------


def complete(rows: Rows, leader: HandOut, name: str, wanted: deque[Wanted]) -> None:
    rows.stock_up()
    while wanted:
        for _, answer in leader.wanted(name, decode_wanted(encode(wanted.popleft()))):
            rows.hear(decode_answer(encode(answer)))


def processes_of(total: int, each: str, count: int, others: int = 0) -> list[Rows]:
    leader, found = hand_out(total, each), []
    for number in range(count + others):
        wanted: deque[Wanted] = deque()
        rows = Rows(RUN, [scenario(each)], leader.outlines, number, count, wanted.append)
        complete(rows, leader, f"w{number}", wanted)
        assert not rows.missing
        found.append(rows)
    return found


@given(st.integers(1, 50), st.integers(1, 6), st.integers(0, 300))
def test_processes_at_one_rate_use_all_rows_evenly(total: int, count: int, each: int) -> None:
    used: Counter[int] = Counter(dict.fromkeys(range(1, total + 1), 0))
    for rows in processes_of(total, "loop", count):
        used.update(rows.of(scenario("loop")).take("people").number for _ in range(each))
    assert max(used.values()) - min(used.values()) <= 1


@given(st.integers(1, 50), st.lists(st.integers(0, 200), min_size=1, max_size=6))
def test_at_other_rates_no_row_is_used_more_often_by_more_than_there_are_processes(
    total: int, counts: list[int]
) -> None:
    used: Counter[int] = Counter(dict.fromkeys(range(1, total + 1), 0))
    at_first = max(1, len(counts) - 1)
    started = processes_of(total, "loop", at_first, len(counts) - at_first)
    for rows, count in zip(started, counts, strict=True):
        used.update(rows.of(scenario("loop")).take("people").number for _ in range(count))
    assert max(used.values()) - min(used.values()) <= len(counts)


def test_random_rows_are_those_of_the_seed_and_others_in_each_process() -> None:
    def drawn(rows: Rows) -> list[int]:
        own = rows.of(scenario("random"))
        return [own.take("people").number for _ in range(200)]

    here, there = processes_of(40, "random", 2)
    again, _ = processes_of(40, "random", 2)
    first, second = drawn(here), drawn(there)
    assert drawn(again) == first != second
    assert {*first} == {*range(1, 41)}


def test_a_table_of_many_pieces_comes_whole() -> None:
    scenarios = [scenario("loop")]
    rows = Table(("text",))
    for number in range(30):
        rows.add([f"{number}" * 50_000])
    leader = HandOut(RUN, scenarios, {sources_of(scenarios)[0]: rows})
    wanted: deque[Wanted] = deque()
    there = Rows(RUN, scenarios, leader.outlines, 0, 1, wanted.append)
    assert there.missing == 30
    complete(there, leader, "w", wanted)
    own = there.of(scenarios[0])
    assert [own.take("people").values["text"][:2] for _ in range(30)] == [
        f"{n}" * 2 if n < 10 else f"{n}" for n in range(30)
    ]


def test_rows_that_were_changed_on_their_way_are_not_taken() -> None:
    leader = hand_out(5)
    wanted: deque[Wanted] = deque()
    rows = Rows(RUN, [scenario()], leader.outlines, 0, 1, wanted.append)
    rows.stock_up()
    ((_, answer),) = leader.wanted("w", wanted.popleft())
    assert isinstance(answer, Given)
    rows.hear(Given(RUN, 0, answer.number, answer.first, b"[9]\n", answer.digest))
    assert rows.uses()[0].received == 0
    rows.hear(answer)
    assert rows.uses()[0].received == 1


def test_who_never_says_that_rows_were_sent_is_told() -> None:
    world = World(3 * MOST_STRETCHES)
    process = world.come()
    for _ in range(2 * MOST_STRETCHES):
        if process.share.take_at_hand() is None:
            if len(process.share._out) == MOST_STRETCHES:
                break
            process.share._ask_for_rows(urgent=True)
            world.settle()
    with pytest.raises(RowsSpent, match="8,000 rows were taken, and neither sent nor released"):
        process.share.take()
    process.tell()
    world.settle()
    assert world.leader.figures()[0].sent == 0
