"""Texts with `{{ }}` and `${ENV}` in them, taken apart once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from jobload.plan.problem import Path, did_you_mean

_PART = re.compile(r"\{\{(?P<inside>.*?)\}\}|\$\{(?P<variable>[A-Za-z_][A-Za-z0-9_]*)\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[^(){}]+)?")
_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\((.*)\)", re.DOTALL)
_ARGUMENT = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)"|([^,'"]+?))\s*(?:,|$)""")
_INT = re.compile(r"-?\d{1,18}", re.ASCII)
_FLOAT = re.compile(r"-?\d+\.\d+", re.ASCII)

CLOCKS = ("iso", "unix", "unix_ms", "unix_us", "unix_ns", "date")
MOST_TEXT_BYTES = 16 * 1024 * 1024
EXAMPLES = {
    "unique": "unique",
    "uuid": "uuid",
    "now": "now or now(unix_ms)",
    "int": "int(0, 9)",
    "text": "text(1024)",
    "choice": "choice(a, b)",
    "user": "user",
    "worker": "worker",
}
"""The generators, each as it is written."""


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, a capture, or a column: `people.user`."""

    text: str

    @property
    def source(self) -> str | None:
        source, dot, _ = self.text.partition(".")
        return source if dot else None

    @property
    def column(self) -> str:
        return self.text.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Secret:
    variable: str
    """Of the environment."""


Expression = Name | Call | Secret


@dataclass(frozen=True, slots=True)
class Template:
    parts: tuple[str | Expression, ...]

    @property
    def alone(self) -> Expression | None:
        """The one `{{ }}` that the text is, and whose type it keeps."""
        match self.parts:
            case [Name() | Call() as only]:
                return only
        return None

    @property
    def expressions(self) -> Iterator[Expression]:
        return (part for part in self.parts if not isinstance(part, str))

    def with_each(self, stand_in: str) -> str:
        return "".join(part if isinstance(part, str) else stand_in for part in self.parts)


@cache
def template(text: str) -> Template:
    """ValueError with a sentence on what is wrong with it."""
    parts: list[str | Expression] = []
    end = 0
    for match in _PART.finditer(text):
        parts += _plain(text[end : match.start()])
        if (variable := match["variable"]) is not None:
            parts.append(Secret(variable))
        else:
            parts.append(_expression(match["inside"].strip()))
        end = match.end()
    parts += _plain(text[end:])
    return Template(tuple(parts))


def _plain(text: str) -> list[str]:
    if "{{" in text:
        raise ValueError("a {{ has no }} after it")
    if "${" in text:
        raise ValueError("a ${ has no name and } after it, as in ${API_TOKEN}")
    return [text] if text else []


def _expression(inside: str) -> Expression:
    if match := _CALL.fullmatch(inside):
        return _call(match[1], tuple(_arguments(match[2])))
    if inside in EXAMPLES:
        return _call(inside, ())
    if _DOTTED.fullmatch(inside):
        return Name(inside)
    if not inside:
        raise ValueError("{{ }} is empty; expected a name or a generator such as unique")
    raise ValueError(
        f"{{{{ {inside} }}}} is no name and no generator; expected one such as {{{{ token }}}},"
        " {{ people.user }} or {{ int(0, 9) }}"
    )


def _arguments(text: str) -> Iterator[Any]:
    end = 0
    while end < len(text.rstrip()):
        match = _ARGUMENT.match(text, end)
        if match is None:
            raise ValueError(
                f"({text}) can't be read; expected arguments as in choice(a, 'b c', 3)"
            )
        single, double, bare = match.groups()
        yield _number(bare) if bare is not None else single if single is not None else double
        end = match.end()


def _number(bare: str) -> Any:
    if _INT.fullmatch(bare):
        return int(bare)
    return float(bare) if _FLOAT.fullmatch(bare) else bare


def _call(function: str, arguments: tuple[Any, ...]) -> Call:
    if function not in EXAMPLES:
        raise ValueError(f"no generator is called {function}; {did_you_mean(function, EXAMPLES)}")
    wrong = _flaw(function, arguments)
    if wrong is not None:
        raise ValueError(f"{wrong}; it is written {EXAMPLES[function]}")
    return Call(function, arguments)


def _flaw(function: str, given: tuple[Any, ...]) -> str | None:
    match function:
        case "int":
            if len(given) != 2 or not all(type(each) is int for each in given):
                return "int wants the lowest and the highest whole number"
            return f"int({given[0]}, {given[1]}) is upside down" if given[0] > given[1] else None
        case "text":
            if len(given) != 1 or type(given[0]) is not int or given[0] < 0:
                return "text wants its length in bytes"
            return "text can have at most 16 MiB" if given[0] > MOST_TEXT_BYTES else None
        case "choice":
            return None if given else "choice wants what it may choose from"
        case "now":
            if len(given) > 1 or (given and given[0] not in CLOCKS):
                return f"now can be {', '.join(CLOCKS)}"
            return None
    return f"{function} takes nothing in brackets" if given else None


def names_in(found: Iterable[str]) -> Iterator[Name]:
    """Of all that texts take by a name."""
    for text in found:
        for part in template(text).expressions if "{{" in text else ():
            if isinstance(part, Name):
                yield part


def check_unfilled(text: str) -> None:
    """Of what is read once, before there is any value; ValueError."""
    if match := re.search(r"\{\{.*?\}\}|\$\{[A-Za-z_]\w*\}", text, re.DOTALL):
        raise ValueError(
            f"{match[0]} would be looked for as it stands: nothing is filled in within a JSONPath"
            " or a pattern, only in a text to compare with, as in {$.id: '{{ id }}'}"
        )


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def texts(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """All of a value, wherever in it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from texts((*path, key), each)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from texts((*path, index), each)
