"""Texts of a flow: what is filled in, what only looks as if it were, and JSONPaths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import orjson

_LOOKS_FILLED_IN = re.compile(r"\{\{|\{(?=\$\{)|\$(?=\{)")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_FILLED_IN = re.compile(r"(\{\{.*?\}\}|\$\{\w+\})")


def literal(value: Any) -> Any:
    """The value, with `{{` and `${` in its texts written so that they stay what they are."""
    if isinstance(value, str):
        return _LOOKS_FILLED_IN.sub(lambda match: filled_in(f"choice('{match[0]}')"), value)
    if isinstance(value, dict):
        return {key: literal(each) for key, each in value.items()}
    if isinstance(value, list):
        return [literal(each) for each in value]
    return value


def filled_in(expression: str) -> str:
    return f"{{{{ {expression} }}}}"


def encoded(value: Any) -> str:
    """Percent-encoded for a path or query, but for what is filled in."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    parts = _FILLED_IN.split(text)
    return "".join(part if index % 2 else quote(part, safe="") for index, part in enumerate(parts))


def shown_path(path: str) -> str:
    """`/jobs/{{ job_id }}?a=1` as `/jobs/{job_id}`, for a name."""
    return re.sub(r"\{\{ (.*?) \}\}", r"{\1}", path.partition("?")[0])


def json_path_text(keys: Iterable[str | int]) -> str:
    """Keys and indices as JSONPath."""
    return "$" + "".join(map(_segment, keys))


def _segment(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    if _PLAIN_KEY.fullmatch(key):
        return f".{key}"
    return f"[{json.dumps(key, ensure_ascii=not key.isprintable())}]"
