"""The JSON of a reply. A byte order mark before it is passed over, as RFC 8259 lets a reader do."""

from __future__ import annotations

import codecs
import json
from typing import Any

import orjson

_LARGE = 2.0**63


def parsed(body: bytes) -> Any:
    """orjson.JSONDecodeError, a ValueError, when it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return orjson.loads(body.removeprefix(codecs.BOM_UTF8))


def is_rounded(value: Any) -> bool:
    """Whether it may hold a whole number of more than 64 bits, which orjson makes a float."""
    if isinstance(value, str):
        return False
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, float):
            if not -_LARGE < each < _LARGE:
                return True
        elif isinstance(each, dict):
            pending += each.values()
        elif isinstance(each, list):
            pending += each
    return False


def exactly_parsed(body: bytes) -> Any:
    """Slower, and with each digit of whole numbers: one that is rounded is another id."""
    try:
        return json.loads(body.removeprefix(codecs.BOM_UTF8))
    except (ValueError, RecursionError):  # of thousands of digits or levels
        return parsed(body)


def dumped(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # more than 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def ids_or_none(body: bytes) -> Any:
    """None when it is no JSON. A number may be an id, and keeps its digits."""
    said = parsed_or_none(body)
    return exactly_parsed(body) if is_rounded(said) else said


def parsed_or_none(body: bytes) -> Any:
    try:
        return parsed(body)
    except orjson.JSONDecodeError:
        return None
