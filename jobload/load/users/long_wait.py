"""A user of a closed model that waited for a reply from before a stage until after its end.

It took no arrival in that stage, so a target that stood still all the while would leave no trace
there. What it would have begun is missed, as with a rate: no user was free for it. Where the stage
left no time for a request, for none was ever so quick, the plan is to blame and not the target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobload.measure.stage_record import StageRecord

if TYPE_CHECKING:
    from jobload.load.process.agent import Agent


def note_long_wait(
    agent: Agent, label: str, from_s: float, until_s: float, *, in_vain: bool
) -> None:
    """For an endpoint or a step, until the last reply had arrived; in vain if that was no good."""
    for position, stage, began_s, ended_s in agent.recorder.closed_between(from_s, until_s):
        quickest_s = _quickest_s(agent, position, label)
        if in_vain if quickest_s is None else quickest_s < ended_s - began_s:
            _miss(stage, int(began_s - agent.dispatcher.zero_s), ended_s - began_s)


def _miss(stage: StageRecord, second: int, for_s: float) -> None:
    stage.offered += 1
    stage.missed += 1
    stage.not_ended(for_s)
    second = max(0, second)
    stage.unstarted[second] = stage.unstarted.get(second, 0) + 1


def _quickest_s(agent: Agent, position: int, label: str) -> float | None:
    """None: nothing of it has succeeded in the scenario."""
    agent.tallies.flush()
    agent.requests.flush()
    records = [record for key, record in agent.recorder.stages.items() if key[0] == position]
    parts = [part[label] for record in records for part in record.parts if label in part]
    times = [part.response_time_lower for part in parts if part.response_time_lower.counts]
    return min((each.min_us / 1e6 for each in times), default=None)
