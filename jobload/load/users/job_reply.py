"""What the usual jobs APIs say of a job: where it is, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from jobload.load.http.json_body import ids_or_none, parsed_or_none
from jobload.load.http.location import resolved, target_of
from jobload.load.http.reply import Reply, as_text

Outcome = Literal["succeeded", "failed"]
SUCCEEDED = frozenset(
    {"succeeded", "success", "successful", "completed", "complete", "done", "finished"}
)
FAILED = frozenset(
    {"failed", "failure", "error", "cancelled", "canceled", "aborted", "rejected", "expired"}
)
SEE_OTHER = 303
"""Of a poll: the job is done, and the result is elsewhere."""
_WRAPPERS = ("data", "job", "task", "result")
_IDS = ("id", "jobid", "taskid", "uuid")
_STATUSES = ("status", "state", "jobstatus", "taskstatus")
_OF_AN_ENVELOPE = frozenset({"success", "ok", "error", "fail"})
"""The status of the reply rather than of the job, when what is wrapped in it has one as well."""


def job_id(body: bytes) -> str | None:
    """From a reply to a submission: a field of it, or the whole of it."""
    said = ids_or_none(body)
    found = (value for each in (said, *_wrapped(said)) for value in _fields(each, _IDS))
    names = (str(value) for value in (said, *found) if _is_name(value))
    return next(names, None)


def job_location(reply: Reply, submitted_to: str) -> str | None:
    """The path, with its query, that Location names."""
    if not (said := reply.header(b"location")):
        return None
    try:
        return target_of(resolved(submitted_to, as_text(said)))
    except ValueError:
        return None


def status_word(body: bytes) -> str | None:
    """In small letters; None when the reply has none."""
    said = parsed_or_none(body)
    words = [word for each in (said, *_wrapped(said)) if (word := _word(each)) is not None]
    if len(words) > 1 and words[0] in _OF_AN_ENVELOPE:
        return words[1]
    return words[0] if words else None


def outcome_of(word: str) -> Outcome | None:
    if word in SUCCEEDED:
        return "succeeded"
    return "failed" if word in FAILED else None


def _word(said: Any) -> str | None:
    found = (value for value in _fields(said, _STATUSES) if isinstance(value, str))
    return next((word for value in found if (word := value.strip().lower())), None)


def _fields(said: Any, names: tuple[str, ...]) -> Iterator[Any]:
    """What it has under one of these names, in their order."""
    if isinstance(said, dict):
        plain = {_plain(key): value for key, value in reversed(said.items())}
        yield from (plain[name] for name in names if name in plain)


def _wrapped(said: Any) -> list[Any]:
    return [value for value in _fields(said, _WRAPPERS) if isinstance(value, dict)]


def _plain(key: str) -> str:
    """`job_id`, `jobId` and `job-id` are one."""
    return key.lower().replace("_", "").replace("-", "")


def _is_name(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and value != ""
    )
