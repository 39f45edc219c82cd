"""What a description of an API, a recording or a command comes to, before it is written as YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from jobload.init.loose_data import on_one_line
from jobload.init.value_name import slug

BodyKind = Literal["json", "form", "body"]


@dataclass(slots=True)
class Step:
    name: str
    method: str
    path: str
    """With its query; {{ }} where a value is filled in."""
    headers: dict[str, str] = field(default_factory=dict)
    body_kind: BodyKind | None = None
    body: Any = None
    statuses: list[int | str] = field(default_factory=list)
    """Of a success; none: whatever jobload takes for one."""
    capture: dict[str, str] = field(default_factory=dict)
    poll: dict[str, Any] | None = None
    remarks: list[str] = field(default_factory=list)
    """Sentences for the comment above it."""
    warnings: list[str] = field(default_factory=list)
    """Those of them that are told on the console as well."""


@dataclass(frozen=True, slots=True)
class Pause:
    text: str
    """As in `pause: 100ms`."""


@dataclass(slots=True)
class Flow:
    name: str
    steps: list[Step | Pause]


@dataclass(slots=True)
class LeftOut:
    """What could not be taken over, for one reason."""

    reason: str
    """A sentence without its end, such as "needs an id that no operation gives"."""
    things: list[str]


@dataclass(slots=True)
class Draft:
    source: str
    """What it was made from, as in "openapi.yaml (Jobs API 1)"."""
    scenario: str
    flows: list[Flow] = field(default_factory=list)
    host: str | None = None
    """For --host, if the source says one."""
    variables: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    """Names of environment variables, and what each is to hold."""
    remarks: list[str] = field(default_factory=list)
    """Sentences about the whole."""
    left_out: list[LeftOut] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    """Bodies that are too large to be written between other lines, by the name of their file."""

    def add_file(self, name: str, content: bytes) -> str:
        file = f"{slug(name, [each.rpartition('.')[0] for each in self.files])}.body"
        self.files[file] = content
        return file

    def leave_out(self, reason: str, thing: str) -> None:
        reason, thing = on_one_line(reason), on_one_line(thing)
        for entry in self.left_out:
            if entry.reason == reason:
                entry.things += [thing] if thing not in entry.things else []
                return
        self.left_out.append(LeftOut(reason, [thing]))
