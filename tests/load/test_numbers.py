"""Numbers of users, which make the keys of operations: never the same in two processes."""

from __future__ import annotations

from typing import Any

import pytest
from locust.env import Environment

from jobload.load.process.agent import USERS_PER_PROCESS, Agent
from jobload.load.users.locust_feed import LocustFeed


def agent(index: int, given_away: int) -> Agent:
    environment: Any = Environment(events=None)
    made = Agent(f"w{index}", lambda: index, lambda _: None, LocustFeed(environment))
    made._numbers = given_away
    return made


def test_no_number_is_given_twice_however_many_users_and_scenarios_a_process_has_had() -> None:
    early = {agent(1, 0).next_number(), agent(2, 0).next_number()}
    for given_away in (99_999, 100_000, 200_000, 10_000_000):
        assert agent(0, given_away).next_number() not in early


def test_a_process_at_the_end_of_its_numbers_stops_rather_than_repeat_those_of_another() -> None:
    last = agent(0, USERS_PER_PROCESS - 2)
    assert last.next_number() < agent(1, 0).next_number()
    with pytest.raises(OverflowError, match="w0 has no number left"):
        last.next_number()
