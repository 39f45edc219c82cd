"""One request of an operation, or a pause in it; and the steps of one kind of operation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
)

from jobload.plan.duration import Duration, Timeout, parse_duration
from jobload.plan.expect import Expect
from jobload.plan.flow.condition import check_regex
from jobload.plan.flow.json_path import check_json_path
from jobload.plan.flow.poll import Poll
from jobload.plan.flow.template import EXAMPLES, Call, Name, Template, is_name, texts
from jobload.plan.headers import Headers, check_header_name
from jobload.plan.problem import Path, listing, shown
from jobload.plan.strict_model import FileName, StrictModel

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
WITHOUT_BODY = ("get", "head", "options")
LONGEST_NAME = 120
LONGEST_PAUSE_S = 3600.0
_REGEX, _HEADER = "regex:", "header:"


def _check_step_name(name: str) -> str:
    if not name.isprintable() or name != name.strip() or not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(f"expected a printable name of at most {LONGEST_NAME} characters")
    return name


def check_own_name(name: str) -> str:
    """Of a variable or a capture."""
    if not is_name(name):
        raise ValueError(
            f"{shown(name)} can't be a name in {{{{ }}}}; expected letters, digits and _"
        )
    if name in EXAMPLES:
        raise ValueError(f"{name} is a generator; take another name")
    return name


def check_capture(text: str) -> str:
    if text.startswith(_REGEX):
        if check_regex(text.removeprefix(_REGEX)).groups > 1:
            raise ValueError("has more than one group, and one is captured; make the others (?:…)")
    elif text.startswith(_HEADER):
        check_header_name(text.removeprefix(_HEADER))
    elif text.startswith("$"):
        check_json_path(text)
    else:
        raise ValueError(
            f"{shown(text)} says not where to look; expected a JSONPath such as $.id,"
            " header:location, or regex:id=(\\w+)"
        )
    return text


_PAUSE = re.compile(r"([^-]*[^-\s])\s*-\s*([^-]+)")


def pause_bounds(text: str) -> tuple[float, float]:
    """The shortest and the longest, in seconds."""
    match = _PAUSE.fullmatch(text)
    low_s, high_s = (parse_duration(part) for part in (match.groups() if match else (text, text)))
    if low_s > high_s:
        raise ValueError(f"the pause {text} is upside down")
    if high_s > LONGEST_PAUSE_S:
        raise ValueError("a pause can last at most 1h")
    return low_s, high_s


def _check_pause(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(
            f"expected a duration such as 100ms, or a range such as 100ms-300ms, not {shown(value)}"
        )
    pause_bounds(value)
    return value


def is_whole_target(path: Template) -> bool:
    """A path that begins with {{ }}: an address that a reply has given, such as its Location."""
    return bool(path.parts) and isinstance(path.parts[0], Name | Call)


def of_conditions(path: Path, conditions: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """What {matches: …} and the like hold is no text to fill in."""
    for key, wanted in conditions.items():
        if not isinstance(wanted, dict):
            yield from texts((*path, key), wanted)


class BodyFile(StrictModel):
    file: FileName
    """A file that is sent as it is."""


class Step(StrictModel):
    name: Annotated[str, AfterValidator(_check_step_name)] | None = None
    """How results name it; by default its method and path."""
    get: str | None = None
    """The path of a GET; or of what a reply gave, as in "{{ location }}"."""
    post: str | None = None
    """The path of a POST."""
    put: str | None = None
    """The path of a PUT."""
    patch: str | None = None
    """The path of a PATCH."""
    delete: str | None = None
    """The path of a DELETE."""
    head: str | None = None
    """The path of a HEAD."""
    options: str | None = None
    """The path of an OPTIONS."""
    json_body: Annotated[JsonValue, Field(alias="json")] = None
    """Any JSON; a text that is one {{ }} alone keeps the type of its value."""
    form: dict[str, str | int | float | bool] | None = None
    """Fields of a form, sent as application/x-www-form-urlencoded."""
    body: str | BodyFile | None = None
    """A text, or {file: ...} that is sent as it is."""
    headers: Headers = Field(default_factory=dict)
    """Besides those of the scenario."""
    capture: dict[
        Annotated[str, AfterValidator(check_own_name)],
        Annotated[str, AfterValidator(check_capture)],
    ] = Field(default_factory=dict)
    """What is taken from the reply: a JSONPath, header:NAME or regex:PATTERN."""
    expect: Expect = Expect()
    """What makes this request a success."""
    poll: Poll | None = None
    """The request is sent again until its reply says so."""
    reuse_s: Annotated[Duration | None, Field(alias="reuse")] = None
    """Done once for each user, and again after so long or after a 401."""
    timeout_s: Annotated[Timeout | None, Field(alias="timeout")] = None
    """For each attempt; by default the scenario's."""
    retries: Annotated[int | None, Field(ge=0, le=10)] = None
    """By default the scenario's."""
    pause: (
        Annotated[
            str,
            BeforeValidator(_check_pause),
            WithJsonSchema({"type": "string", "description": "100ms, or 100ms-300ms"}),
        ]
        | None
    ) = None
    """Time that the user takes for itself, or from and to, as in 100ms-300ms; it is no part of the
    operation's response time."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        methods = self._given(METHODS)
        if self.pause is not None:
            if self._said != {"pause"}:
                yield "pause", "a pause is a step of its own; put it into one"
            return
        if len(methods) != 1:
            yield (
                "",
                (
                    f"has {' and '.join(methods)}; a step is one request"
                    if methods
                    else f"has no request; expected {listing([*METHODS, 'pause'])}"
                ),
            )
            return
        bodies = self._given_bodies
        if len(bodies) > 1:
            yield bodies[1], f"a request has one body, and this has {' and '.join(bodies)}"
        elif bodies and methods[0] in WITHOUT_BODY:
            yield bodies[0], f"{methods[0]} sends no body; use post, put or patch"

    def _given(self, names: tuple[str, ...]) -> list[str]:
        return [name for name in names if getattr(self, name) is not None]

    @model_serializer(mode="wrap")
    def _written(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what is not said."""
        said = self._said
        return {key: value for key, value in dump(self).items() if key in said}

    @property
    def _said(self) -> set[str]:
        return {
            field.alias or name
            for name, field in type(self).model_fields.items()
            if getattr(self, name) != field.get_default(call_default_factory=True)
        }

    @property
    def _given_bodies(self) -> list[str]:
        fields = {"json": self.json_body, "form": self.form, "body": self.body}
        return [name for name, value in fields.items() if value is not None]

    @property
    def method(self) -> str:
        (name,) = self._given(METHODS)
        return name.upper()

    @property
    def path(self) -> str:
        path = getattr(self, self.method.lower())
        assert isinstance(path, str)
        return path

    @property
    def label(self) -> str:
        """How results name it."""
        return self.name or f"{self.method} {self.path}"

    def filled(self) -> Iterator[tuple[Path, str]]:
        """The texts in which {{ }} and ${ENV} are filled in, each with its place."""
        written = self.model_dump(mode="json")
        for key in (*METHODS, "headers", "json", "form"):
            yield from texts((key,), written.get(key))
        if isinstance(self.body, str):
            yield ("body",), self.body
        for key, value in written.get("expect", {}).items():
            if key in ("json", "headers") and isinstance(value, dict):
                yield from of_conditions(("expect", key), value)
        for key in ("until", "fail"):
            yield from of_conditions(("poll", key), written.get("poll", {}).get(key) or {})

    def longest_s(self, timeout_s: float, retries: int) -> float:
        """Until it has ended in any case, but for the pauses between its attempts."""
        if self.pause is not None:
            return pause_bounds(self.pause)[1]
        times = retries if self.retries is None else self.retries
        attempts_s = (self.timeout_s or timeout_s) * (1 + times)
        return attempts_s + (self.poll.timeout_s if self.poll is not None else 0.0)


Steps = Annotated[tuple[Step, ...], Field(min_length=1, max_length=100, strict=False)]


class Flow(StrictModel):
    weight: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Its share of the operations."""
    steps: Steps
    """The requests of one operation, in their order."""
