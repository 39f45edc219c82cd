"""What the master says, once a second and at every change: where the run stands."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Phase = Literal["prepare", "load", "drain", "end"]
Number = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class State(msgspec.Struct, frozen=True):
    """Numbered, so that a repeated or reordered one does no harm.

    `prepare`: the plan is known, nothing runs. `load`: stage `stage` of scenario `position` runs.
    `drain`: the scenario is over, its requests in flight finish. `end`: the same for the run, and
    then each process says its last word; `interrupted` ends pauses between retries at once.
    """

    run_id: str
    seq: Number
    phase: Phase
    position: Number
    stage: Number
    elapsed_s: Seconds
    drain_s: Seconds = 0.0
    interrupted: bool = False


def to_wire(state: State) -> str:
    return msgspec.json.encode(state).decode()


def from_wire(packed: object) -> State | None:
    """None when it is nothing of ours."""
    if not isinstance(packed, str):
        return None
    try:
        return msgspec.json.decode(packed, type=State)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return None
