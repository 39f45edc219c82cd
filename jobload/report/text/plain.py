"""Texts of others as a terminal may get them: on one line, and with nothing that it would obey."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel

P = TypeVar("P", bound=BaseModel)
HIDDEN = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """Escapes, and what turns the direction of text around, are no printable characters."""
    if text.isprintable():
        return text
    return "".join(" " if c in "\n\r\t" else c if c.isprintable() else HIDDEN for c in text)


def in_plain(part: P) -> P:
    """The part of a result with every text of it like that, names included."""
    changed = {name: _plain(value) for name, value in part if _may_hold_text(value)}
    return part.model_copy(update=changed)


def _may_hold_text(value: object) -> bool:
    """Not the long lists of figures."""
    if isinstance(value, list):
        return bool(value) and _may_hold_text(value[0])
    return isinstance(value, str | dict | BaseModel)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, BaseModel):
        return in_plain(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {plain(key): _plain(each) for key, each in value.items()}
    return value
