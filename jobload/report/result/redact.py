"""Keeps what may be secret out of every report."""

from __future__ import annotations

import re
from typing import Any

_USERINFO = re.compile(r"(?<=://)[^/\s@'\"<>]+@")
_QUERY = re.compile(
    r"(?i)([?&;](?:[^=&\s]*(?:token|secret|passw|pwd|key|auth|sig)[^=&\s]*)=)[^&#\s'\"<>]+"
)
_SECRET_HEADER = re.compile(r"(?i)auth|cookie|token|secret|key|passw|pwd")
_SECRET_FIELD = re.compile(r"(?i)passw|pwd|secret|token|api_?key|credential")
_SENT = {
    "headers": _SECRET_HEADER,
    "json": _SECRET_FIELD,
    "form": _SECRET_FIELD,
    "variables": _SECRET_FIELD,
}
"""What goes to the target under names of its own, and which of them tell of a secret."""
_FILLED_IN = re.compile(r"\$\{[A-Za-z0-9_]+\}|\{\{")


def redacted(text: str) -> str:
    """Without the user and password of any URL in it, or the values of its telling parameters."""
    return _QUERY.sub(r"\1***", _USERINFO.sub("***@", text))


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


def _redacted_sent(part: Any, telling: re.Pattern[str], name: str = "") -> Any:
    if isinstance(part, str):
        is_secret = telling.search(name) and not _FILLED_IN.search(part)
        return "***" if is_secret else redacted(part)
    if isinstance(part, dict):
        return {name: _redacted_sent(each, telling, name) for name, each in part.items()}
    if isinstance(part, list):
        return [_redacted_sent(each, telling, name) for each in part]
    return part
