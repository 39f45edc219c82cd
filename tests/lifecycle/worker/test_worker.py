"""What a worker makes of its master."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jobload.lifecycle.worker.worker import NO_PLAN, Worker


def test_one_that_is_given_users_without_a_plan_says_why_it_makes_no_load(
    caplog: pytest.LogCaptureFixture,
) -> None:
    worker: Any = Worker.__new__(Worker)
    worker.environment = SimpleNamespace(parsed_options=SimpleNamespace())
    worker.join()
    assert not caplog.messages  # it comes when nothing runs
    worker.on_test_start()
    assert caplog.messages == [NO_PLAN]


def test_one_that_lacks_a_user_class_of_the_scenario_objects() -> None:
    worker: Any = SimpleNamespace(
        environment=SimpleNamespace(available_user_classes={"Another": None}),
        runner=SimpleNamespace(client_id="w1"),
    )
    assignment: Any = SimpleNamespace(scenarios=[SimpleNamespace(users_mix={"Shopper": 1})])
    objection = Worker._objection(worker, assignment)
    assert objection is not None
    assert "w1 has no user class Shopper" in objection
