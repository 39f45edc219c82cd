"""Keeps what may be secret out of every report."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jobload.plan.secret_name import is_secret, may_be_secret

_USERINFO = re.compile(r"(?<=://)[^/\s@'\"<>]+@")
_PARAMETER = re.compile(r"[?&;]([^=?&;\s]*)=")
_VALUE = re.compile(r"(?:\{\{[^{}]*\}\}|[^&#\s'\"<>])*")
_SENT = {
    "headers": may_be_secret,
    "json": is_secret,
    "form": is_secret,
    "variables": is_secret,
}
"""What goes to the target under names of its own, and which of them tell of a secret."""
_FILLED_IN = re.compile(r"\$\{[A-Za-z0-9_]+\}|\{\{")
_NOTHING_ELSE = re.compile(r"(?:\$\{[A-Za-z0-9_]+\}|\{\{[^{}]*\}\})+")
_WRITTEN_OUT = re.compile(r"\{\{\s*choice\b")
"""A template whose values are the ones that stand in it."""


def redacted(text: str) -> str:
    """Without the user and password of any URL in it, or the values of its telling parameters."""
    text, at = _USERINFO.sub("***@", text), 0
    while found := _PARAMETER.search(text, at):
        at = found.end()
        # A value that may be shown can have parameters itself, as of `?next=/login?token=…`.
        if not may_be_secret(found[1]) or not (value := _VALUE.match(text, at)) or not value[0]:
            continue
        if not _NOTHING_ELSE.fullmatch(value[0]) or _WRITTEN_OUT.search(value[0]):
            text = f"{text[:at]}***{text[value.end() :]}"
    return text


def redacted_configuration(configuration: dict[str, Any]) -> dict[str, Any]:
    """A scenario as it was written, but for what was written out and may be secret."""
    return {key: _redacted_part(part, key) for key, part in configuration.items()}


def _redacted_part(part: Any, key: str = "") -> Any:
    """An address with a query may stand anywhere in it."""
    if key in _SENT and not isinstance(part, str):
        return _redacted_sent(part, _SENT[key])
    if isinstance(part, str):
        return redacted(part)
    if isinstance(part, dict):
        return {name: _redacted_part(each, name) for name, each in part.items()}
    return [_redacted_part(each) for each in part] if isinstance(part, list) else part


def _redacted_sent(part: Any, is_telling: Callable[[str], bool], name: str = "") -> Any:
    if isinstance(part, str):
        is_written_out = not _FILLED_IN.search(part) or _WRITTEN_OUT.search(part)
        return "***" if is_telling(name) and is_written_out else redacted(part)
    if isinstance(part, dict):
        return {name: _redacted_sent(each, is_telling, name) for name, each in part.items()}
    if isinstance(part, list):
        return [_redacted_sent(each, is_telling, name) for each in part]
    return part
