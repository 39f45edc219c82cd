"""The standard locustfile, and a user whose process is disturbed as E2E_DISTURBED says.

That is, by name of scenario: `burn_ms`, the CPU time that each operation costs besides its own;
`block_ms` and `every_s`, how long and how often the process stands still, beginning just after a
request was sent, and `blocks`, how often in all.
"""

import json
import os
import time
from time import perf_counter
from typing import Any

import gevent
from gevent import monkey

from jobload.load.users.workload import Workload
from jobload.measure.stage_record import StageRecord
from locustfile import *  # noqa: F403  # a locustfile that adds to it
from locustfile import JobSubmitter

_disturbances: dict[str, dict[str, Any]] = json.loads(os.environ["E2E_DISTURBED"])
_really_sleep = monkey.get_original("time", "sleep")


class Disturbance:
    def __init__(
        self, burn_ms: float = 0.0, block_ms: float = 0.0, every_s: float = 1.0, blocks: int = 1000
    ) -> None:
        self._burn_s = burn_ms / 1e3
        self._block_s = block_ms / 1e3
        self._every_s = every_s
        self._blocks = blocks if block_ms else 0
        self._due_s = perf_counter() + every_s

    def before_request(self) -> None:
        if self._blocks and perf_counter() >= self._due_s:
            self._blocks -= 1
            self._due_s = perf_counter() + self._every_s
            gevent.spawn(_really_sleep, self._block_s)  # it has its turn when this user waits
        if self._burn_s:
            until_s = time.process_time() + self._burn_s
            while time.process_time() < until_s:
                pass


_now: dict[str, Disturbance] = {}


class DisturbedSubmitter(JobSubmitter):
    def prepare(self, workload: Workload) -> None:
        super().prepare(workload)
        name = workload.scenario.name
        self._disturbance = _now.get(name) or Disturbance(**_disturbances.get(name, {}))
        _now[name] = self._disturbance

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        self._disturbance.before_request()
        super().perform(intended_s, stage)
