"""The standard locustfile, and a user whose arrivals now and then find the process blocked."""

import os
import time

import gevent
from gevent import monkey

from jobload.measure.stage_record import StageRecord
from locustfile import *  # noqa: F403  # a locustfile that adds to it
from locustfile import JobSubmitter

EARLY_S = 0.002
BLOCK_S = float(os.environ["E2E_BLOCK_S"])
GAP_S = float(os.environ["E2E_GAP_S"])
FIRST = int(os.environ["E2E_FIRST_BLOCK"])
EVERY = int(os.environ["E2E_BLOCK_EVERY"])

_really_sleep = monkey.get_original("time", "sleep")
_arrivals = 0


class BlockedSubmitter(JobSubmitter):
    """Arrivals number FIRST, FIRST + EVERY, … (0: only FIRST) are due just as a block begins."""

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        global _arrivals
        _arrivals += 1
        after_first = _arrivals + 1 - FIRST
        if after_first == 0 or (EVERY and after_first > 0 and after_first % EVERY == 0):
            gevent.spawn(_block, intended_s + GAP_S)
        super().perform(intended_s, stage)


def _block(due_s: float) -> None:
    gevent.sleep(max(0.0, due_s - EARLY_S - time.perf_counter()))
    _really_sleep(max(0.0, due_s + BLOCK_S - time.perf_counter()))
