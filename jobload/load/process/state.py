"""What the master says, once a second and at every change: where the run stands."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Phase = Literal["prepare", "load", "drain", "end"]
Number = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]


class State(msgspec.Struct, frozen=True):
    """Numbered, so that a repeated or reordered one does no harm.

    `prepare`: the plan is known, nothing runs. `load`: stage `stage` of scenario `position` runs at
    `rate_per_user`, which is said here since the plan may not know the stage; null is the closed
    model.
    `users` are those that the process hearing it was told to have; null: nobody else tells it.
    `drain`: the scenario is over, its requests in flight finish. `end`: the same for the run, and
    then each process says its last word; `interrupted` ends pauses between retries at once.
    """

    run_id: str
    seq: Number
    phase: Phase
    position: Number
    stage: Number
    elapsed_s: Seconds
    rate_per_user: Rate | None
    drain_s: Seconds = 0.0
    interrupted: bool = False
    users: Number | None = None


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
