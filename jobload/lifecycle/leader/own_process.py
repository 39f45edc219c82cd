"""The only process of a run without workers: it leads, and makes the load."""

from __future__ import annotations

from jobload.lifecycle.leader.load_processes import LoadProcesses
from jobload.lifecycle.leader.run import Run
from jobload.load.process.agent import Agent
from jobload.load.process.assignment import Assignment
from jobload.load.process.state import State
from jobload.load.rows.messages import Wanted
from jobload.measure.snapshot import Snapshot


class OwnProcess(LoadProcesses):
    """This process alone."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    def begin(self, run: Run, assignment: Assignment) -> None:
        run.collector.enroll(self._agent.worker, run.elapsed_s)
        self._agent.begin(assignment)

    def tell(self, state: State) -> None:
        self._agent.follow(state)

    def active(self) -> frozenset[str]:
        return frozenset({self._agent.worker})


def on_local_snapshot(run: Run | None, snapshot: Snapshot) -> None:
    if run is not None and run.collector.take(snapshot, run.elapsed_s) is not None:
        run.hand_out.told(snapshot.worker, snapshot.rows, snapshot.final)


def hand_local_rows(run: Run | None, agent: Agent, wanted: Wanted) -> None:
    for _, answer in run.hand_out.wanted(agent.worker, wanted) if run is not None else ():
        agent.hear_rows(answer)
