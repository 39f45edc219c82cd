"""The request of a step: constant bytes and values, put together anew for each time it is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
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
from jobload.load.http.request_template import with_defaults
from jobload.plan.flow.condition import text_of
from jobload.plan.flow.step import BodyFile, Step, is_whole_target
from jobload.plan.flow.template import template

Piece = bytes | Callable[[Scope], bytes]
_HEADER_VALUE = re.compile(r"[\t -~\x80-\xff]*")
IDEMPOTENT = frozenset({"POST", "PUT", "PATCH"})
KEY = "idempotency-key"


class UnsendableError(Exception):
    """A value that no request can hold where the step wants it."""


class RequestWriter:
    def __init__(
        self, step: Step, origin: Origin, headers: Mapping[str, str], filling: Filling
    ) -> None:
        """`headers` are those of the scenario, secrets filled in."""
        self._body, content_type = _body(step, filling)
        own = _merged(headers, step.headers)
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
        self._head = _joined(lines)
        only = self._head[0] if len(self._head) == 1 else None
        self._whole_head = only if isinstance(only, bytes) else None

    def render(self, scope: Scope, key: bytes | None) -> bytes:
        head = self._whole_head or _rendered(self._head, scope)
        if key is not None:
            head += b"\r\nIdempotency-Key: " + key
        if self._body is None:
            return head + b"\r\n\r\n"
        body = _rendered(self._body, scope)
        return b"%b\r\nContent-Length: %d\r\n\r\n%b" % (head, len(body), body)


def _rendered(pieces: list[Piece], scope: Scope) -> bytes:
    return b"".join([p if isinstance(p, bytes) else p(scope) for p in pieces])


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """With constants that follow each other as one."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += piece
        elif piece != b"":
            found.append(piece)
    return found


def _merged(headers: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    named = {name.lower() for name in own}
    return {name: value for name, value in headers.items() if name.lower() not in named} | {**own}


# --- target and headers ---------------------------------------------------------------------


def _target(path: str, origin: Origin, filling: Filling) -> list[Piece]:
    parts = filling.parts(path)
    if not is_whole_target(template(path)):
        return [
            origin.base_path.encode(),
            *_pieces(parts, _target_text, lambda v: quote(v, safe="")),
        ]
    first, *rest = parts
    assert not isinstance(first, str)
    begin: Callable[[Scope], bytes] = lambda scope: own_target(first(scope)).encode()  # noqa: E731
    return [begin, *_pieces(rest, _target_text, lambda v: quote(v, safe=""))]


def _target_text(text: str) -> bytes:
    """A secret in it may have anything."""
    return quoted(text).encode()


def own_target(address: Any) -> str:
    try:
        return target_of(text_of(address))
    except ValueError as error:
        raise UnsendableError(str(error)) from None


def _header(value: str, filling: Filling) -> list[Piece]:
    return _pieces(filling.parts(value), lambda text: text.encode("latin-1"), _header_text)


def _header_text(value: str) -> str:
    if not _HEADER_VALUE.fullmatch(value):
        raise UnsendableError(f"{value[:100]!r} has a character that no header can have")
    return value


def _pieces(
    parts: Iterable[str | Callable[[Scope], Any]],
    encode: Callable[[str], bytes],
    written: Callable[[str], str],
) -> list[Piece]:
    """`written` says how the text of a value is written there."""

    def filled(value: Callable[[Scope], Any]) -> Callable[[Scope], bytes]:
        return lambda scope: encode(written(text_of(value(scope))))

    return [encode(part) if isinstance(part, str) else filled(part) for part in parts]


# --- body -----------------------------------------------------------------------------------


def _body(step: Step, filling: Filling) -> tuple[list[Piece] | None, str | None]:
    """With the type that its header names."""
    if step.json_body is not None:
        return _joined(_json(step.json_body, filling)), "application/json"
    if step.form is not None:
        return _joined(_form(step.form, filling)), "application/x-www-form-urlencoded"
    if isinstance(step.body, BodyFile):
        return [Path(step.body.file).read_bytes()], "application/octet-stream"
    if step.body is not None:
        parts = filling.parts(step.body)
        return _joined(_pieces(parts, str.encode, str)), "text/plain; charset=utf-8"
    return ([], None) if step.method in IDEMPOTENT else (None, None)


def _form(fields: Mapping[str, Any], filling: Filling) -> Iterable[Piece]:
    for index, (name, value) in enumerate(fields.items()):
        yield f"{'&' if index else ''}{quote_plus(name)}=".encode()
        for part in filling.parts(value) if isinstance(value, str) else [text_of(value)]:
            if isinstance(part, str):
                yield quote_plus(part).encode()
            else:
                yield from _pieces([part], str.encode, quote_plus)


def _json(value: Any, filling: Filling) -> Iterable[Piece]:
    """Rendered once with a mark in place of each value, and cut there."""
    mark = uuid4().hex
    found: list[Piece] = []
    rendered = orjson.dumps(_marked(value, mark, filling, found))
    for part in re.split(rb'("?%b\d+[at]"?)' % mark.encode(), rendered):
        if part.strip(b'"').startswith(mark.encode()):
            number = int(part.strip(b'"')[len(mark) : -1])
            inside = part.strip(b'"').endswith(b"t")
            yield b'"' if inside and part.startswith(b'"') else b""
            yield found[number]
            yield b'"' if inside and part.endswith(b'"') else b""
        else:
            yield part


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
    return lambda scope: orjson.dumps(text_of(value(scope)))[1:-1]
