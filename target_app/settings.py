"""What the target can be told from outside: JOBLOAD_TARGET_* and the command line."""

import difflib
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from target_app.behaviour import Behaviour, read_behaviour
from target_app.redis_address import redis_address

PREFIX = "JOBLOAD_TARGET_"


class SettingsError(Exception):
    """One line for each setting that can't be used."""


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    workers: int = Field(1, ge=1, le=64)

    redis_url: str = "redis://localhost:6379/7"
    redis_timeout_s: float = Field(0.7, gt=0, le=0.8)  # a 503 is promised within a second
    key_prefix: str = Field("jobload:target:", min_length=1)
    job_ttl_s: int = Field(3600, ge=1)

    # Off by default: whoever wants the submission measured gets it without a worker beside it.
    job_workers: int = Field(0, ge=0, le=64)
    job_slots: int = Field(100, ge=1, le=10_000)  # jobs that one worker runs at a time
    job_duration_ms: float = Field(20, ge=0)
    job_failure_share: float = Field(0, ge=0, le=1)
    job_lease_s: float = Field(5, gt=0)  # after it, a job that has not ended is taken again

    max_body_bytes: int = Field(1 << 20, ge=1)
    max_head_bytes: int = Field(1 << 16, ge=1024)
    read_timeout_s: float = Field(30, gt=0)
    write_timeout_s: float = Field(30, gt=0)
    idle_timeout_s: int = Field(120, ge=1)
    drain_timeout_s: int = Field(30, ge=1)

    access_log: bool = False
    behaviour: Behaviour | None = None  # JSON, see behaviour.py

    @field_validator("behaviour", mode="before")
    @classmethod
    def _behaviour(cls, given: object) -> object:
        return read_behaviour(given) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_process_misbehaves(self) -> Self:
        if self.behaviour and self.workers > 1:
            raise ValueError("a behaviour script needs one worker process: its queue is in there")
        return self

    @field_validator("redis_url")
    @classmethod
    def _redis_url(cls, url: str) -> str:
        redis_address(url)
        return url


def load_settings(
    environ: Mapping[str, str], arguments: Mapping[str, Any]
) -> tuple[Settings, list[str]]:
    """The settings and warnings about names nobody knows; arguments win over the environment."""
    known = {PREFIX + name.upper(): name for name in Settings.model_fields}
    given = {name: environ[key] for key, name in known.items() if key in environ}
    given |= {name: value for name, value in arguments.items() if value is not None}
    try:
        return Settings.model_validate(given), _unknown_names(environ, list(known))
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(problem) for problem in error.errors())) from None


def _unknown_names(environ: Mapping[str, str], known: list[str]) -> list[str]:
    return [
        f"{name} is not a setting of the target{_nearest(name, known)}"
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    ]


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0)
    return f"; did you mean {close[0]}?" if close else ""


def _sentence(problem: Any) -> str:
    # The value is left out: a Redis URL may hold a password.
    where = [str(part) for part in problem["loc"]] or ["behaviour"]
    place = "".join(f", {part}" for part in where[1:])
    return f"{PREFIX}{where[0].upper()}{place} can't be used: {problem['msg']}"
