"""Numbers of users, which make the keys of operations: never the same in two processes. And for how
long one of them has been busy."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from jobload.load.pacing.dispatcher import Dispatcher
from jobload.load.process.loading_users import USERS_PER_PROCESS, LoadingUsers


def users(index: int, given_away: int) -> LoadingUsers:
    made = LoadingUsers(f"w{index}", lambda: index, Dispatcher())
    made._numbers = given_away
    return made


def test_no_number_is_given_twice_however_many_users_and_scenarios_a_process_has_had() -> None:
    early = {users(1, 0).next_number(), users(2, 0).next_number()}
    for given_away in (99_999, 100_000, 200_000, 10_000_000):
        assert users(0, given_away).next_number() not in early


def test_a_process_at_the_end_of_its_numbers_stops_rather_than_repeat_those_of_another() -> None:
    last = users(0, USERS_PER_PROCESS - 2)
    assert last.next_number() < users(1, 0).next_number()
    with pytest.raises(OverflowError, match="w0 has no number left"):
        last.next_number()


class Busy:
    """As far as it is asked how long it has been busy."""

    asked = 0
    began_s = 0.0
    _is_busy = False

    @property
    def busy(self) -> bool:
        Busy.asked += 1
        return self._is_busy

    def begin(self, now_s: float) -> None:
        self._is_busy, self.began_s = True, now_s

    def end(self) -> None:
        self._is_busy = False


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> tuple[LoadingUsers, list[Any]]:
    made, members = users(0, 0), [Busy() for _ in range(50)]
    made._here = set(members)  # type: ignore[arg-type]  # all that is asked of them
    monkeypatch.setattr(Busy, "asked", 0)
    return made, members


def test_the_oldest_of_those_that_are_busy_is_known_whoever_begins_and_ends(
    here: tuple[LoadingUsers, list[Any]],
) -> None:
    made, members = here
    random = Random(1)
    for step in range(2_000):
        member = random.choice(members)
        if member._is_busy:
            member.end()
        elif random.random() < 0.9:
            member.begin(1.0 + step)
        elif member in made._here:
            made._here.discard(member)
        else:
            made._here.add(member)
        busy = [each.began_s for each in members if each in made._here and each._is_busy]
        if random.random() < 0.5:
            assert made.kept_since_s == min(busy, default=None)


def test_very_many_may_come_at_once_and_ask(here: tuple[LoadingUsers, list[Any]]) -> None:
    """Each looked at all others: 10,000 that came together stood still for as many seconds."""
    made, members = here
    members[7].begin(1.0)
    for member in members[8:]:
        assert made.kept_since_s == 1.0
        member.begin(2.0)
    assert Busy.asked < 3 * len(members)
