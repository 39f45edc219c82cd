"""How many workers' snapshots a second one core of the master can take. Prints that.

Each message is what a worker would send: packed by Locust's protocol, with the cumulative figures
of a run of three stages in its `SECONDS`th second at `RATE` operations a second and worker.
"""

from __future__ import annotations

import random
from time import process_time

from locust.rpc.protocol import Message

from jobload.lifecycle.port.worker_messages import SNAPSHOT_MESSAGE
from jobload.measure.collector import Collector
from jobload.measure.recorder import Recorder
from jobload.measure.snapshot import Snapshot, encode
from jobload.measure.stage_record import StageRecord

WORKERS = 500
TEMPLATES = 10
SECONDS = 30
LAST = 8
RATE = 100
LABELS = ("POST /api/v1/jobs",)


class SimulatedWorker:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._recorder = Recorder()
        self._past = self._recorder.enter((0, 0))
        self._busy(self._past, 5)
        self._recorder.leave()
        self._now = self._recorder.enter((0, 1))

    def second(self) -> None:
        self._busy(self._now, 1)

    def snapshot(self, worker: str, second: int) -> Snapshot:
        return Snapshot(
            run_id="bench", worker=worker, process="", seq=second + 1, second=second, obeyed=second,
            idle=False, final=False, users=50, in_flight=2, backlog=0, cpu_percent=20.0, pauses=[],
            crashes=[],
            stages=self._recorder.reports(False, lambda *_: None), ledger=[], ledger_complete=True,
            rows=[], rows_missing=0, traced=(), traced_untold=0,
        )  # fmt: skip

    def _busy(self, record: StageRecord, seconds: int) -> None:
        draw = self._random.lognormvariate
        for _ in range(RATE * seconds):
            us = int(draw(8.5, 0.5))
            record.offered += 1
            record.started += 1
            record.ended_good += 1
            record.handed_over({int(draw(6.2, 0.5)): 1})
            endpoint = record.endpoint(LABELS[0])
            endpoint.started += 1
            endpoint.attempts += 1
            endpoint.succeeded += 1
            endpoint.response_time.record(us + 300)
            endpoint.service_time.record(us)
        for _ in range(20 * seconds):
            record.loop_lag.record(int(draw(6, 0.5)))


def capacity(workers: int = WORKERS, seconds: int = SECONDS) -> float:
    """Of a second of the run near its end, when snapshots are longest; of several the one that
    took least, because what makes others slower is the machine."""
    collector = Collector("bench")
    simulated = [SimulatedWorker(seed) for seed in range(TEMPLATES)]
    for number in range(workers):
        collector.enroll(str(number), 0.0)
    took_s = []
    for second in range(seconds):
        for worker in simulated:
            worker.second()
        # What is measured are the last seconds; before, only every tenth reaches the master.
        if second >= seconds - LAST or second % 10 == 0:
            messages = [_message(simulated, number, second) for number in range(workers)]
            took_s.append(_receive(collector, messages, float(second)))
    if collector.dropped or collector.stage((0, 1)).in_flight:
        raise RuntimeError(f"snapshots were not taken: {collector.dropped}")
    return workers / min(took_s[-LAST:])


def _message(simulated: list[SimulatedWorker], number: int, second: int) -> bytes:
    packed = encode(simulated[number % TEMPLATES].snapshot(str(number), second))
    wire: bytes = Message(SNAPSHOT_MESSAGE, packed, str(number)).serialize()
    return wire


def _receive(collector: Collector, messages: list[bytes], now_s: float) -> float:
    began_s = process_time()
    for wire in messages:
        message = Message.unserialize(wire)
        collector.receive(message.node_id, message.data, now_s)
    return process_time() - began_s


if __name__ == "__main__":
    print(capacity())
