"""Texts with `{{ }}`, as functions of the scope: what is constant is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from time import time_ns
from typing import Any
from uuid import uuid4

from jobload.load.flow.scope import Scope
from jobload.plan.flow.condition import text_of
from jobload.plan.flow.template import Call, Expression, Name, Secret, template

Value = Callable[[Scope], Any]
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F))).replace('"', "").replace("\\", "")
_NS_PER = {"unix": 1_000_000_000, "unix_ms": 1_000_000, "unix_us": 1000, "unix_ns": 1}


class Filling:
    """`environ` has the variables that texts may name; without one, it stands there as written."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._values: dict[str, Value] = {}

    def parts(self, text: str) -> list[str | Value]:
        """Constant texts and what comes between them."""
        return self.parts_of(template(text).parts)

    def parts_of(self, parts: Iterable[str | Expression]) -> list[str | Value]:
        found: list[str | Value] = []
        for part in parts:
            made = part if isinstance(part, str) else self._of(part)
            if isinstance(made, str) and found and isinstance(found[-1], str):
                found[-1] += made
            else:
                found.append(made)
        return found

    def value(self, text: str) -> Value:
        """A text that is one `{{ }}` alone keeps the type of its value."""
        if (known := self._values.get(text)) is None:
            known = self._values[text] = self._made(text)
        return known

    def _made(self, text: str) -> Value:
        parts = self.parts(text)
        if len(parts) == 1 and not isinstance(alone := parts[0], str):
            return alone
        if all(isinstance(part, str) for part in parts):
            constant = "".join([part for part in parts if isinstance(part, str)])
            return lambda _: constant
        return lambda scope: "".join(
            [part if isinstance(part, str) else text_of(part(scope)) for part in parts]
        )

    def tree(self, value: Any) -> Value:
        """Any JSON, with the texts in it filled in."""
        if isinstance(value, str):
            return self.value(value)
        if isinstance(value, dict):
            fields = {key: self.tree(each) for key, each in value.items()}
            return lambda scope: {key: each(scope) for key, each in fields.items()}
        if isinstance(value, list):
            entries = [self.tree(each) for each in value]
            return lambda scope: [each(scope) for each in entries]
        return lambda _: value

    def _of(self, part: Expression) -> str | Value:
        if isinstance(part, Secret):
            return self._environ.get(part.variable, f"${{{part.variable}}}")
        if isinstance(part, Call):
            return _generator(part)
        return _named(part)


def _named(name: Name) -> Value:
    if (source := name.source) is None:
        text = name.text
        return lambda scope: scope.values[text]
    column = name.column
    return lambda scope: scope.rows[source].values[column]


def _generator(call: Call) -> str | Value:
    match call.function:
        case "unique":
            return Scope.unique
        case "uuid":
            return lambda _: str(uuid4())  # another run must not make the same ones
        case "now":
            return _now(call.arguments[0] if call.arguments else "iso")
        case "int":
            low, span = call.arguments[0], call.arguments[1] - call.arguments[0] + 1
            return lambda scope: low + int(scope.random.random() * span)
        case "text":
            return printable(call.arguments[0])
        case "choice":
            choices = call.arguments
            return lambda scope: choices[int(scope.random.random() * len(choices))]
        case "user":
            return lambda scope: scope.user
    return lambda scope: scope.worker


def _now(clock: str) -> Value:
    if (ns_per := _NS_PER.get(clock)) is not None:
        return lambda _: time_ns() // ns_per
    if clock == "date":
        return lambda _: datetime.now(UTC).date().isoformat()
    return lambda _: datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@cache
def printable(length: int) -> str:
    """So many bytes of ASCII, alike on the wire and in JSON."""
    return (_PRINTABLE * (length // len(_PRINTABLE) + 1))[:length]
