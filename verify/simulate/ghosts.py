"""Messages of a run before: of workers that outlived it, of a master that had forgotten them."""

from __future__ import annotations

from locust.rpc import Message

from jobload.lifecycle.port.worker_messages import SNAPSHOT_MESSAGE, STATE_MESSAGE
from jobload.load.process.state import State, to_wire
from jobload.measure.snapshot import Snapshot, StageReport, encode
from jobload.measure.stage_record import StageRecord
from verify.simulate.transport import Network

OLD_RUN = "20200101-000000-0dd0dd"
ORPHAN = "orphan_0"


class Ghosts:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._seq = 100

    def haunt(self, worker: str) -> None:
        """In the worker's name, in that of one that this master never met, and to the worker."""
        name = f"{worker}_0"
        self._seq += 1
        for sender in (name, ORPHAN):
            self._send(sender, "up", SNAPSHOT_MESSAGE, encode(self._snapshot(sender)))
        self._send(name, "down", STATE_MESSAGE, to_wire(self._state()))

    def _send(self, worker: str, direction: str, kind: str, data: object) -> None:
        packed: bytes = Message(kind, data, worker).serialize()
        self._network.carry(worker, "up" if direction == "up" else "down", packed)

    def _snapshot(self, worker: str) -> Snapshot:
        record = StageRecord(offered=1000, started=1000)
        endpoint = record.endpoint("POST /api/v1/jobs")
        endpoint.started = endpoint.attempts = endpoint.succeeded = 1000
        for each in (endpoint.response_time, endpoint.response_time_lower, endpoint.service_time):
            each.record(100, 1000)
        return Snapshot(
            run_id=OLD_RUN, worker=worker, process="", seq=self._seq, second=3, obeyed=9, idle=True,
            final=True, users=0, in_flight=0, backlog=0, cpu_percent=1.0, pauses=[], crashes=[],
            stages=[StageReport((0, 0), record)], ledger=[], ledger_complete=True,
            rows=[], rows_missing=0, traced=(), traced_untold=0,
        )  # fmt: skip

    def _state(self) -> State:
        return State(OLD_RUN, 10**6 + self._seq, "load", 0, 0, 0.5, 1000.0)
