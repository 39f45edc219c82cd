"""Numbers of users, which make the keys of operations: never the same in two processes."""

from __future__ import annotations

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
