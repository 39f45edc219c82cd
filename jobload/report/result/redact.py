"""Keeps what may be secret out of every report."""

from __future__ import annotations

import re
from typing import Any

_USERINFO = re.compile(r"(?<=://)[^/\s@'\"<>]+@")
_QUERY = re.compile(
    r"(?i)([?&;](?:[^=&\s]*(?:token|secret|passw|key|auth|sig)[^=&\s]*)=)[^&#\s'\"<>]+"
)
_SECRET_HEADER = re.compile(r"(?i)auth|cookie|token|secret|key|passw")
_VARIABLE = re.compile(r"\$\{[A-Za-z0-9_]+\}")


def redacted(text: str) -> str:
    """Without the user and password of any URL in it, or the values of its telling parameters."""
    return _QUERY.sub(r"\1***", _USERINFO.sub("***@", text))


def redacted_configuration(configuration: dict[str, Any]) -> dict[str, Any]:
    """A scenario as it was written, but for headers that were written out and may be secret."""
    headers = configuration.get("headers") or {}
    shown = {name: _redacted_header(name, value) for name, value in headers.items()}
    texts: dict[str, Any] = {key: _redacted_part(part) for key, part in configuration.items()}
    return {**texts, "headers": shown} if shown else texts


def _redacted_part(part: Any) -> Any:
    """An address with a query may stand anywhere in it."""
    if isinstance(part, str):
        return redacted(part)
    if isinstance(part, dict):
        return {key: _redacted_part(each) for key, each in part.items()}
    return [_redacted_part(each) for each in part] if isinstance(part, list) else part


def _redacted_header(name: str, value: str) -> str:
    if _SECRET_HEADER.search(name) and not _VARIABLE.search(value):
        return "***"
    return value
