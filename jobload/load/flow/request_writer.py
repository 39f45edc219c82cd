"""The request of a step: constant bytes and values, put together anew for each time it is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import uuid4

import orjson

from jobload.load.flow.filling import Filling
from jobload.load.flow.scope import Scope
from jobload.load.http.json_body import dumped
from jobload.load.http.location import quoted, target_of
from jobload.load.http.origin import Origin
from jobload.load.http.request_template import FORM, KEY, merged, with_defaults
from jobload.plan.flow.condition import text_of
from jobload.plan.flow.step import BodyFile, Step, is_whole_target
from jobload.plan.flow.template import Call, Expression, template

Piece = bytes | Callable[[Scope], bytes]
_HEADER_VALUE = re.compile(r"[\t -~\x80-\xff]*").fullmatch
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*", re.ASCII).fullmatch
IDEMPOTENT = frozenset({"POST", "PUT", "PATCH"})


class UnsendableError(Exception):
    """A value that no request can hold where the step wants it. It is told whole and as it is: what
    may be a secret in it is masked first, and then it is cut."""


class RequestWriter:
    def __init__(
        self, step: Step, origin: Origin, headers: Mapping[str, str], filling: Filling
    ) -> None:
        """`headers` are those of the scenario, secrets filled in."""
        self._body, content_type = _body(step, filling)
        own = merged(headers, step.headers)
        complete = with_defaults(own, content_type)
        names = {name.lower() for name in complete}
        self.wants_key = step.method in IDEMPOTENT and KEY not in names
        self.has_cookie = "cookie" in names
        lines: list[Piece] = [step.method.encode() + b" "]
        lines += _target(step.path, origin, filling)
        lines.append(f" HTTP/1.1\r\nHost: {origin.host_header}".encode("latin-1"))
        for name, value in complete.items():
            lines.append(f"\r\n{name}: ".encode("latin-1"))
            # The scenario's are complete; a { in a secret is no template.
            lines += _header(value, filling) if name in step.headers else [value.encode("latin-1")]
        self._head = _Form(lines)

    def render(self, scope: Scope, key: bytes | None) -> bytes:
        head = self._head.constant or self._head.filled(scope)
        if self._body is None:
            return head + b"\r\n\r\n"
        body = self._body.constant
        if body is None:
            body = self._body.filled(scope)
        if key is None:
            return b"%b\r\nContent-Length: %d\r\n\r\n%b" % (head, len(body), body)
        return b"%b\r\nIdempotency-Key: %b\r\nContent-Length: %d\r\n\r\n%b" % (
            head,
            key,
            len(body),
            body,
        )


class _Form:
    """Constant bytes with places for values in them: one format, which is filled in C."""

    __slots__ = ("_format", "_values", "constant")

    def __init__(self, pieces: Iterable[Piece]) -> None:
        parts, self._values = [], list[Callable[[Scope], bytes]]()
        for piece in pieces:
            if isinstance(piece, bytes):
                parts.append(piece.replace(b"%", b"%%"))
            else:
                parts.append(b"%b")
                self._values.append(piece)
        self._format = b"".join(parts)
        self.constant = None if self._values else self._format % ()

    def filled(self, scope: Scope) -> bytes:
        values = self._values
        if len(values) == 1:  # most have few, and a comprehension is a call
            return self._format % values[0](scope)
        if len(values) == 2:
            return self._format % (values[0](scope), values[1](scope))
        return self._format % tuple([value(scope) for value in values])


# --- target and headers ---------------------------------------------------------------------


def _target(path: str, origin: Origin, filling: Filling) -> list[Piece]:
    parts = template(path).parts
    if not is_whole_target(template(path)):
        return [origin.base_path.encode(), *_target_pieces(parts, filling)]
    (first,) = filling.parts_of(parts[:1])
    assert not isinstance(first, str)
    return [_target_begun_by(first), *_target_pieces(parts[1:], filling)]


def _target_pieces(parts: Sequence[str | Expression], filling: Filling) -> Iterator[Piece]:
    for part in parts:
        encode = _segment if isinstance(part, Call) else _target_text  # text(8) is constant
        yield from _pieces(filling.parts_of([part]), encode, _segment)


def _target_begun_by(first: Callable[[Scope], Any]) -> Callable[[Scope], bytes]:
    return lambda scope: own_target(first(scope)).encode()


def _target_text(text: str) -> bytes:
    """A secret in it may have anything."""
    return quoted(text).encode()


def _segment(value: str) -> bytes:
    return (value if _UNRESERVED(value) else quote(value, safe="")).encode()


def own_target(address: Any) -> str:
    try:
        return target_of(text_of(address))
    except ValueError as error:
        raise UnsendableError(str(error)) from None


def _header(value: str, filling: Filling) -> list[Piece]:
    return _pieces(filling.parts(value), lambda text: text.encode("latin-1"), header_value)


def header_value(value: str) -> bytes:
    if not (value.isascii() and value.isprintable()) and not _HEADER_VALUE(value):
        raise UnsendableError(f"'{value}' has a character that no header can have")
    return value.encode("latin-1")


def _pieces(
    parts: Iterable[str | Callable[[Scope], Any]],
    encode: Callable[[str], bytes],
    written: Callable[[str], bytes],
) -> list[Piece]:
    """`encode` is for what the plan says, `written` for the text of a value."""

    def filled(value: Callable[[Scope], Any]) -> Callable[[Scope], bytes]:
        return lambda scope: written(
            found if type(found := value(scope)) is str else text_of(found)
        )

    return [encode(part) if isinstance(part, str) else filled(part) for part in parts]


# --- body -----------------------------------------------------------------------------------


def _body(step: Step, filling: Filling) -> tuple[_Form | None, str | None]:
    """With the type that its header names."""
    if step.json_body is not None:
        return _Form(_json(step.json_body, filling)), "application/json"
    if step.form is not None:
        return _Form(_form(step.form, filling)), FORM
    if isinstance(step.body, BodyFile):
        return _Form([Path(step.body.file).read_bytes()]), "application/octet-stream"
    if step.body is not None:
        parts = filling.parts(step.body)
        return _Form(_pieces(parts, str.encode, str.encode)), "text/plain; charset=utf-8"
    return (_Form([]), None) if step.method in IDEMPOTENT else (None, None)


def _form(fields: Mapping[str, Any], filling: Filling) -> Iterable[Piece]:
    for index, (name, value) in enumerate(fields.items()):
        yield f"{'&' if index else ''}{quote_plus(name)}=".encode()
        parts = filling.parts(value) if isinstance(value, str) else [text_of(value)]
        yield from _pieces(parts, _form_value, _form_value)


def _form_value(value: str) -> bytes:
    return (value if _UNRESERVED(value) else quote_plus(value)).encode()


def _json(value: Any, filling: Filling) -> Iterable[Piece]:
    """Rendered once with a mark in place of each value, and cut there."""
    mark = uuid4().hex
    found: list[Piece] = []
    rendered = orjson.dumps(_marked(value, mark, filling, found))
    alone, inside = rb'"%b(\d+)a"' % mark.encode(), rb"%b(\d+)t" % mark.encode()
    end = 0
    for place in re.finditer(alone + b"|" + inside, rendered):
        yield rendered[end : place.start()]
        yield found[int(place[1] or place[2])]
        end = place.end()
    yield rendered[end:]


def _marked(value: Any, mark: str, filling: Filling, found: list[Piece]) -> Any:
    """A mark that ends with `a` stands for a value of its own, one with `t` within a text."""
    if isinstance(value, dict):
        return {key: _marked(each, mark, filling, found) for key, each in value.items()}
    if isinstance(value, list):
        return [_marked(each, mark, filling, found) for each in value]
    if not isinstance(value, str):
        return value
    alone = template(value).alone is not None
    text = ""
    for part in filling.parts(value):
        if isinstance(part, str):
            text += part
            continue
        text += f"{mark}{len(found)}{'a' if alone else 't'}"
        found.append(_dumped(part) if alone else _dumped_inside(part))
    return text


def _dumped(value: Callable[[Scope], Any]) -> Callable[[Scope], bytes]:
    return lambda scope: dumped(value(scope))


def _dumped_inside(value: Callable[[Scope], Any]) -> Callable[[Scope], bytes]:
    dumps = orjson.dumps
    return lambda scope: dumps(found if type(found := value(scope)) is str else text_of(found))[
        1:-1
    ]
