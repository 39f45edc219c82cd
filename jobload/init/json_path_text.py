"""Keys and indices as JSONPath."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def json_path_text(keys: Iterable[str | int]) -> str:
    path = "$"
    for key in keys:
        if isinstance(key, int):
            path += f"[{key}]"
        elif _PLAIN.fullmatch(key):
            path += f".{key}"
        else:
            path += f"['{_escaped(key)}']"
    return path


def _escaped(key: str) -> str:
    quoted = key.replace("\\", "\\\\").replace("'", "\\'")
    return "".join(c if c.isprintable() else _code_units(c) for c in quoted)


def _code_units(character: str) -> str:
    raw = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{raw[i]:02x}{raw[i + 1]:02x}" for i in range(0, len(raw), 2))
