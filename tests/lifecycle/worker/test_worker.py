"""What a worker makes of its master."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jobload.lifecycle.worker.worker import NO_PLAN, Worker

SAME, OTHER = {"Base": "1"}, {"Base": "2"}


def test_one_that_is_given_users_without_a_plan_says_why_it_makes_no_load(
    caplog: pytest.LogCaptureFixture,
) -> None:
    worker: Any = Worker.__new__(Worker)
    worker.environment = SimpleNamespace(parsed_options=SimpleNamespace())
    worker.join()
    assert not caplog.messages  # it comes when nothing runs
    worker.on_test_start()
    assert caplog.messages == [NO_PLAN]


@pytest.mark.parametrize(
    ("here", "told", "objection"),
    [
        ({"Another": SAME}, {"Shopper": SAME}, "w1 has no user class Shopper"),
        ({"Shopper": OTHER}, {"Shopper": SAME}, "w1 has another user class Shopper"),
        ({"Shopper": SAME, "Another": OTHER}, {"Shopper": SAME, "Another": SAME}, None),
        ({"Shopper": SAME}, {}, None),
    ],
)
def test_one_whose_user_classes_are_not_those_of_the_scenario_objects(
    here: dict[str, dict[str, str]], told: dict[str, dict[str, str]], objection: str | None
) -> None:
    worker: Any = SimpleNamespace(
        environment=SimpleNamespace(available_user_classes=here),
        runner=SimpleNamespace(client_id="w1"),
        _sources=here,
    )
    scenarios = [SimpleNamespace(users_mix={"Shopper": 1}, dump=dict)]
    assignment: Any = SimpleNamespace(scenarios=scenarios, sources=told, wants_of_its_worker=None)
    said = Worker._objection(worker, assignment)
    assert said is None if objection is None else objection in str(said)
