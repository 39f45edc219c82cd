"""Tallies on their way into the records of a stage."""

from __future__ import annotations

from typing import Any

from locust.env import Environment

from jobload.load.users.locust_feed import LocustFeed
from jobload.load.users.tallies import Tallies
from jobload.measure.contradictions import contradictions
from jobload.measure.stage_record import StageRecord


def test_what_goes_on_while_a_listener_hears_of_a_sample_still_adds_up() -> None:
    environment = Environment(user_classes=[])
    tallies, stage = Tallies(LocustFeed(environment)), StageRecord()
    flow, step = tallies.of_flow(stage, "buy"), tallies.of_request(stage, "GET", "a", is_step=True)

    def attempt(**_: Any) -> None:
        step.started += 1
        for tally in (flow, step):
            tally.attempts += 1

    attempt()
    step.succeeded += 1
    step.add(1.0, 0.1, 0.1, 0.1, 10)
    environment.events.request.add_listener(attempt)
    tallies.flush()

    assert stage.steps["a"].attempts == stage.flows["buy"].attempts == 2
    assert stage.steps["a"].in_flight == 1
    assert not list(contradictions(stage))
