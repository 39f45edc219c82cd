"""The standard locustfile, and a user that notes when its arrivals were meant to start."""

import json
import os
from pathlib import Path
from time import perf_counter

from locust import events

from jobload.measure.stage_record import StageRecord
from locustfile import *  # noqa: F403  # a locustfile that adds to it
from locustfile import JobSubmitter

_noted: list[tuple[float, float]] = []


class NotingSubmitter(JobSubmitter):
    def perform(self, intended_s: float, stage: StageRecord) -> None:
        _noted.append((intended_s, perf_counter()))
        super().perform(intended_s, stage)


def write_notes(**_: object) -> None:
    """One file a process: [intended start, start] of each arrival, in `perf_counter`."""
    Path(os.environ["E2E_NOTES"], f"{os.getpid()}.json").write_text(json.dumps(_noted))


events.quitting.add_listener(write_notes)
