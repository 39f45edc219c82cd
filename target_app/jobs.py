"""The job as it is submitted: what is accepted, and what it looks like when read back."""

import hashlib
import json
import os
import re
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from target_app.store import StoredJob

MAX_NESTING = 64  # of the body; `args` itself is the second level

_TOO_DEEP = f"The body is nested over {MAX_NESTING} levels."
KEY_PATTERN = "[!#-~]{1,255}"  # printable ASCII without quotation marks

_KEY = re.compile(KEY_PATTERN)
_ID = re.compile(r"[0-9a-f]{32}")


class InvalidJobError(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class JobRequest(msgspec.Struct, forbid_unknown_fields=True):
    job_name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    args: dict[str, Any]
    # A whole number, also when it is written 1.0: to JSON that is the same.
    priority: Annotated[float, msgspec.Meta(ge=0, le=2, multiple_of=1)] = 0


_decode = msgspec.json.Decoder(JobRequest).decode


def read_job(body: bytes) -> JobRequest:
    """Decoded in full, also what is only kept: a body that is stored can be read back."""
    try:
        job = _decode(body)
    except msgspec.ValidationError as error:
        raise InvalidJobError(422, f"The job is not valid: {_place(error)}") from None
    except (msgspec.DecodeError, ValueError):  # UnicodeDecodeError is a ValueError
        raise _unreadable(body) from None
    except RecursionError:
        raise InvalidJobError(422, _TOO_DEEP) from None
    if _deeper_than(job.args, MAX_NESTING - 1):
        raise InvalidJobError(422, _TOO_DEEP)
    if b"\\u0000" in body and _has_nul([job.job_name, job.args]):
        raise InvalidJobError(422, "The job has a NUL character in a string.")
    return job


def _unreadable(body: bytes) -> InvalidJobError:
    try:
        json.loads(body.decode(), parse_constant=_no_constant)
    except RecursionError:
        return InvalidJobError(422, _TOO_DEEP)
    except ValueError:
        return InvalidJobError(400, "The body is not valid JSON in UTF-8.")
    # The grammar is right, so it is an escape that means no character.
    return InvalidJobError(422, "The job has half a surrogate pair in a string.")


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _place(error: msgspec.ValidationError) -> str:
    # msgspec quotes unknown field names; nothing the client sent may be echoed.
    text = str(error)
    return "it has a field that jobs do not have" if "unknown field" in text else text


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(name) or _has_nul(member) for name, member in value.items())
    return isinstance(value, list) and any(_has_nul(member) for member in value)


def _deeper_than(value: Any, levels: int) -> bool:
    if levels == 0:
        return True
    members = value.values() if type(value) is dict else value
    return any(
        _deeper_than(member, levels - 1) for member in members if type(member) in (dict, list)
    )


def new_id() -> str:
    return os.urandom(16).hex()


def id_for(key: str) -> str:
    """The same key always means the same job."""
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def read_key(header: str) -> str | None:
    """The value of an Idempotency-Key header, None when malformed.

    The draft has it quoted (a structured-field string), most clients send it bare.
    """
    key = header[1:-1] if len(header) > 1 and header[0] == header[-1] == '"' else header
    return key if _KEY.fullmatch(key) else None


def job_json(job: StoredJob) -> bytes:
    request = _decode(job.body)
    return msgspec.json.encode(
        {
            "id": job.id,
            "status": job.status,
            "created_at": timestamp(job.at_us),
            "started_at": timestamp(job.started_us) if job.started_us else None,
            "finished_at": timestamp(job.finished_us) if job.finished_us else None,
            "attempts": job.attempts,
            "job_name": request.job_name,
            "priority": int(request.priority),
            "args": request.args,
        }
    )


def timestamp(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).isoformat(timespec="microseconds")
