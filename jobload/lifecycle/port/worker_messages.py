"""What workers may say to their master: Locust's messages and ours, as types.

Locust 2.47 takes whatever unpacks, and trusts its form later, at many places. Here a message is
refused as a whole before anything of it is used. The types are those of `locust/runners.py` and
`locust/stats.py`; what they leave out is dropped.
"""

from __future__ import annotations

from time import time
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from locust.rpc import Message
from locust.stats import bucket_response_time

MEGABYTE = 1024 * 1024
LARGEST_BYTES = 4 * MEGABYTE
STATE_MESSAGE = "jobload.state"
ROWS_MESSAGE = "jobload.rows"
ASSIGNMENT_OPTION = "jobload_assignment"
"""Both ride on Locust's spawn messages."""
SNAPSHOT_MESSAGE = "jobload.snapshot"
ROWS_WANTED_MESSAGE = "jobload.rows_wanted"
LEAVING_MESSAGE = "jobload.leaving"
"""A worker of a run was told to end, and ends what is in flight."""
LARGEST_SNAPSHOT_BYTES = 32 * MEGABYTE
LONGEST_NAME = 255
MOST_NAMES = 200
"""Of requests, and of errors, in Locust's own statistics, which no verdict reads."""
MOST_LOG_LINES = 1000
LONGEST_RESPONSE_MS = 36_000_000
CLOCKS_DIFFER_S = 100_000.0
"""Locust counts by the second of the worker's clock, and keeps each of them."""


class MalformedMessageError(ValueError):
    """One phrase on why a message is none."""


Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Number = Annotated[float, msgspec.Meta(ge=0, le=2**53)]
Name = Annotated[str, msgspec.Meta(max_length=2000)]
Line = Annotated[str, msgspec.Meta(max_length=100_000)]
State = Literal["ready", "spawning", "running", "cleanup", "stopping", "stopped", "missing"]
Users = Annotated[dict[Name, Count], msgspec.Meta(max_length=MOST_NAMES)]
Times = Annotated[dict[Number, Count], msgspec.Meta(max_length=2000)]
Seconds = Annotated[dict[Count, Count], msgspec.Meta(max_length=10_000)]


class Heartbeat(TypedDict):
    state: State
    current_cpu_usage: Number
    current_memory_usage: Number


class Statistics(TypedDict):
    name: Name
    method: Name
    last_request_timestamp: Number | None
    start_time: Number
    num_requests: Count
    num_none_requests: Count
    num_failures: Count
    total_response_time: Number
    max_response_time: Number
    min_response_time: Number | None
    total_content_length: Number
    response_times: Times
    num_reqs_per_sec: Seconds
    num_fail_per_sec: Seconds


class Error(TypedDict):
    name: Name
    method: Name
    error: Line | None
    occurrences: Count
    first_seen: Number | None
    last_seen: Number | None


class Report(TypedDict):
    stats: Annotated[list[Statistics], msgspec.Meta(max_length=MOST_NAMES)]
    stats_total: Statistics
    errors: Annotated[dict[Name, Error], msgspec.Meta(max_length=MOST_NAMES)]
    user_classes_count: Users
    user_count: Count


class Spawned(TypedDict):
    user_classes_count: Users
    user_count: Count


class Logs(TypedDict):
    worker_id: Name
    logs: Annotated[list[Line], msgspec.Meta(max_length=MOST_LOG_LINES)]


class Raised(TypedDict):
    msg: Line
    traceback: Line


class WantsLocustfile(TypedDict):
    version: Name


FORMS: dict[str, Any] = {
    "client_ready": Name | Literal[-1],
    "client_stopped": None,
    "exception": Raised,
    "heartbeat": Heartbeat,
    "locustfile": WantsLocustfile,
    "logs": Logs,
    "quit": None,
    "spawning": None,
    "spawning_complete": Spawned,
    "stats": Report,
    SNAPSHOT_MESSAGE: bytes,
    ROWS_WANTED_MESSAGE: Annotated[bytes, msgspec.Meta(max_length=MEGABYTE)],
    LEAVING_MESSAGE: None,
}
_envelope = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw, str])


def _with_what_others_added(report: Report, data: msgspec.Raw) -> Any:
    """`events.report_to_master` lets a locustfile put more into a report, for a listener of its own
    (`worker_report`) to take out: what that is, is between the two."""
    whole = msgspec.msgpack.decode(data)
    return {**whole, **report} if isinstance(whole, dict) else report


def read_message(frames: list[bytes]) -> tuple[str, Message]:
    """(who sent it, the message). Raises MalformedMessageError, and nothing else."""
    if len(frames) != 2:
        raise MalformedMessageError("it is not one frame")
    sender = _name_of(frames[0])
    try:
        kind, data, named = _envelope.decode(frames[1])
        if named != sender:
            raise MalformedMessageError("it was sent in the name of another worker")
        largest = LARGEST_SNAPSHOT_BYTES if kind == SNAPSHOT_MESSAGE else LARGEST_BYTES
        if len(frames[1]) > largest:
            raise MalformedMessageError("it is too large")
        if (form := FORMS.get(kind)) is None and kind not in FORMS:
            return sender, Message(kind, Unread(frames[1]), named)
        content = msgspec.msgpack.decode(data, type=form)
        if kind == "stats":
            content = _with_what_others_added(content, data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        if isinstance(error, MalformedMessageError):
            raise
        raise MalformedMessageError(f"it could not be read: {error}") from None
    if kind == "stats":
        _check_statistics(content)
    return sender, Message(kind, content, named)


class Unread:
    """A message of a type that is not ours nor Locust's; a locustfile may have registered it."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed

    def read(self) -> Message:
        try:
            message: Message = Message.unserialize(self._packed)
        except Exception as error:  # whatever a msgpack of any content may raise
            raise MalformedMessageError(f"it could not be read: {error}") from None
        return message


def _name_of(frame: bytes) -> str:
    """A worker's name gets into reports and onto terminals."""
    try:
        name = frame.decode()
    except UnicodeDecodeError:
        name = ""
    if not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
        raise MalformedMessageError("its sender has no name that can be shown")
    return name


def _check_statistics(report: Report) -> None:
    now_s = time()
    for entry in (report["stats_total"], *report["stats"]):
        for seconds in (entry["num_reqs_per_sec"], entry["num_fail_per_sec"]):
            if any(abs(second - now_s) > CLOCKS_DIFFER_S for second in seconds):
                raise MalformedMessageError(
                    "its statistics are by a clock that is more than a day off this one"
                )
        for ms in entry["response_times"]:
            if ms > LONGEST_RESPONSE_MS or bucket_response_time(ms) != ms:
                raise MalformedMessageError("its statistics have response times of no bucket")
