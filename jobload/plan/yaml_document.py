"""Reads one strict YAML document and remembers where everything stands.

YAML's surprises are refused rather than interpreted: aliases, tags, several documents, duplicate
keys, empty values, NaN. Plain words are text, except true, false, null and decimal numbers; so
`yes` is text, and so is 010.
"""

import re
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from jobload.plan.document import Document, Position
from jobload.plan.problem import Path, PlanError, Problem, key_text, shown

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.inf|\.nan", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HALF = re.compile("[\ud800-\udfff]")
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
"""Whole numbers that JSON bodies and messages can hold."""
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_OF_JSON = frozenset({"json", "until", "fail", "variables"})
"""Keys whose values are JSON, in which null is a value."""
_DEEPEST = 20
_LARGEST_BYTES = 1024 * 1024


def read_document(path: str | FilePath, text: str | None = None) -> Document:
    """The document of a file, or of `text` in its stead; PlanError if there is none to speak of."""
    document = Document(str(path))
    _parse(document, _read(document.file) if text is None else text)
    return document


def _read(file: str) -> str:
    try:
        with FilePath(file).open("rb") as opened:
            raw = opened.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise _fatal(file, None, f"can't be read: {error.strerror}") from None
    if len(raw) > _LARGEST_BYTES:
        raise _fatal(file, None, f"is larger than {_LARGEST_BYTES} bytes; is it the right file?")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        byte = f"0x{raw[error.start]:02x}"
        message = f"byte {byte} is not UTF-8; save the file as UTF-8"
        raise _fatal(file, (line, column), message) from None


def _parse(document: Document, text: str) -> None:
    if match := _UNPRINTABLE.search(text):
        before = text[: match.start()]
        position = before.count("\n") + 1, match.start() - before.rfind("\n")
        message = f"character U+{ord(match[0]):04X} can't be in a YAML file"
        raise _fatal(document.file, position, message)
    try:
        _Builder(document, YAML(typ="safe", pure=True).parse(text)).build()
    except MarkedYAMLError as error:
        raise _fatal(document.file, *_syntax(error)) from None
    except YAMLError as error:
        raise _fatal(document.file, None, f"is not YAML: {error}") from None


_MEANING = {
    r"'\\t'": "a tab where YAML wants blanks; indent with blanks",
    "block scalar": 'a value that begins with > or | needs quotes, as in expect: ">= 40/s"',
    "double-quoted scalar": (
        "not YAML here: within \"\" a \\ begins a sign such as \\n; write \\\\, or put it within ''"
    ),
    "quoted scalar": "a quote is opened here and not closed",
    "<block end>, but found '<scalar>'": (
        "not YAML here: text behind a value that has ended; put all of it in quotes"
    ),
    "simple key": "not YAML here: expected a colon and a blank behind a key, as in users: 20",
    "mapping values are not allowed|<block end>": (
        "not YAML here: a colon too many, or wrong indentation"
    ),
    "but got '{'": 'a value with { needs quotes here, as in "{{ token }}"',
    r"scanning an alias|found character (?P<first>\S+) that cannot start": (
        "a value that begins with %(first)s needs quotes"
    ),
}
"""Of what ruamel.yaml says."""


def _syntax(error: MarkedYAMLError) -> tuple[Position | None, str]:
    """Where it begins and what it is, without the text itself, which may hold a secret."""
    context, problem = error.context or "", error.problem or "it can't be read"
    is_begun = "scanning" in context and not re.search("block|double-quoted", context)
    mark = (error.context_mark if is_begun else None) or error.problem_mark or error.context_mark
    position = (mark.line + 1, mark.column + 1) if mark else None
    for sign, meaning in _MEANING.items():
        if match := re.search(sign, f"{context} {problem}"):
            return position, meaning % match.groupdict("'*'")
    return position, f"not YAML here: {problem}" + (f" ({context})" if context else "")


def _fatal(file: str, position: Position | None, message: str) -> PlanError:
    line, column = position or (None, None)
    return PlanError([Problem(file, line, column, "", message)])


class _Builder:
    """Turns parser events into plain data, noting positions and refusing surprises."""

    def __init__(self, document: Document, events: Iterator[Event]) -> None:
        self.document = document
        self.events = events
        self.nulls: set[Path] = set()

    def build(self) -> None:
        starts = 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                starts += 1
                self._begin_document(event, starts)
            elif isinstance(event, NodeEvent):
                self.document.data = self._node(event, ())
        if starts == 0 or (self.document.data is None and not self.document.problems):
            raise _fatal(self.document.file, (1, 1), "is empty")

    def _begin_document(self, event: DocumentStartEvent, starts: int) -> None:
        position = _position(event)
        if event.version or event.tags:
            raise _fatal(self.document.file, position, "% directives are not understood here")
        if starts > 1:
            message = "a second document begins here; the file may hold only one"
            raise _fatal(self.document.file, position, message)

    def _next_node(self, path: Path) -> Any:
        return self._node(next(self.events), path)

    def _node(self, event: Event, path: Path) -> Any:
        self.document.values[path] = _position(event)
        if isinstance(event, AliasEvent):
            self.document.refuse(path, f"aliases are refused; write out what *{event.anchor} means")
            return None
        assert isinstance(event, NodeEvent)
        if event.anchor:
            self.document.add(path, f"anchors are refused; take out &{event.anchor}")
        if len(path) > _DEEPEST:
            message = f"nested deeper than {_DEEPEST} levels"
            raise _fatal(self.document.file, _position(event), message)
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, path)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, path)
        assert isinstance(event, ScalarEvent)
        return self._scalar(event, path)

    def _mapping(self, event: MappingStartEvent, path: Path) -> dict[str, Any]:
        self._check_tag(event, path)
        found: dict[str, Any] = {}
        while not isinstance(key_event := next(self.events), MappingEndEvent):
            if not isinstance(key_event, ScalarEvent):
                message = (
                    'expected a plain key; a value with {{ }} needs quotes, as in "{{ token }}"'
                )
                raise _fatal(self.document.file, _position(key_event), message)
            key = key_event.value
            at = (*path, key)
            if key in found:
                self._repeated(key_event, at)
                continue
            self.document.keys[at] = _position(key_event)
            self._check_whole(key, at)
            found[key] = self._next_node(at)
            if found[key] is None and not self._may_be_null(at):
                self.document.refuse(at, "has no value; give one or leave the key out", at_key=True)
        return found

    def _may_be_null(self, at: Path) -> bool:
        """Refused already, or written out as null where JSON is meant."""
        return at in self.nulls or self.document.is_refused(at)

    def _repeated(self, key_event: ScalarEvent, at: Path) -> None:
        line, column = _position(key_event)
        first, _ = self.document.keys[at]
        message = f"given twice, first in line {first}"
        self.document.problems.append(
            Problem(self.document.file, line, column, key_text(at), message)
        )
        # What the second one says is read past, into a document that nobody looks at.
        _Builder(Document(self.document.file), self.events)._next_node(at)

    def _sequence(self, start: SequenceStartEvent, path: Path) -> list[Any]:
        self._check_tag(start, path)
        found: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            at = (*path, len(found))
            found.append(self._node(event, at))
            if found[-1] is None and not self._may_be_null(at):
                self.document.refuse(at, "an entry without a value")
        return found

    def _scalar(self, event: ScalarEvent, path: Path) -> Any:
        self._check_tag(event, path)
        plain, _ = event.implicit
        if plain:
            return self._plain(event.value, path)
        self._check_whole(event.value, path)
        return event.value

    def _check_whole(self, text: str, path: Path) -> None:
        """Only an escape such as "\\ud83d" can be one, and no request can hold it."""
        if half := _HALF.search(text):
            what = f"half of a character (a lone \\u{ord(half[0]):x})"
            self.document.refuse(path, f"holds {what}; write the whole one")

    def _plain(self, text: str, path: Path) -> Any:
        if text.lower() in _WORDS:
            if text == "null" and not _OF_JSON.isdisjoint(path[:-1]):
                self.nulls.add(path)
            return _WORDS[text.lower()]
        if _INT.fullmatch(text):
            return self._whole(text, path)
        if _NOT_FINITE.fullmatch(text):
            self.document.refuse(path, f"{text} is no figure; expected a finite number")
            return None
        if _FLOAT.fullmatch(text):
            return self._finite(text, path)
        return text

    def _whole(self, text: str, path: Path) -> int | None:
        """As a float it would be another number, so another id."""
        if len(text) <= 20 and _SMALLEST <= (number := int(text)) <= _LARGEST:
            return number
        self.document.refuse(path, f"{shown(text)} needs more than 64 bits; text goes into quotes")
        return None

    def _finite(self, text: str, path: Path) -> float | None:
        number = float(text)
        if number in (float("inf"), float("-inf")):
            self.document.refuse(path, f"{shown(text)} is too large a number")
            return None
        return number

    def _check_tag(self, event: NodeEvent, path: Path) -> None:
        if tag := getattr(event, "tag", None):
            self.document.refuse(path, f"tags are refused; take out {tag}")


def _position(event: Event) -> Position:
    return event.start_mark.line + 1, event.start_mark.column + 1
