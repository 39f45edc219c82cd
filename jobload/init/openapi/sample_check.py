"""Whether a schema allows what is to be sent, by the library that knows JSON Schema whole."""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry

from jobload.init.openapi.openapi_document import OpenApi

_LONGEST = 160
_STAND_INS = {"uuid": "5f0c6c0e-7f63-4d3c-9d61-0d0b6a3f1c11", "now": "2026-01-15T12:00:00Z"}
_ALONE = re.compile(r"\{\{ (.*?) \}\}")


def flaw_of(document: OpenApi, schema: Any, value: Any) -> str | None:
    """What is not allowed, as half a sentence; None too where the schema itself can't be read."""
    if not isinstance(schema, dict):
        return None
    # Beside the schema, what it refers to. With a registry of its own, nothing is ever fetched.
    checker = Draft202012Validator(document.data | schema, registry=Registry())
    try:
        error = best_match(checker.iter_errors(_filled(value)))
    except Exception:  # a schema may be wrong in any way; it is not ours
        return None
    return None if error is None else _half_sentence(error)


def _half_sentence(error: Any) -> str:
    message = str(error.message)
    short = message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"
    return f"{error.json_path}: {short}"


def _filled(value: Any) -> Any:
    """With stand-ins for what is filled in when it is sent."""
    if isinstance(value, dict):
        return {key: _filled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each) for each in value]
    if isinstance(value, str):
        return _ALONE.sub(_stand_in, value)
    return value


def _stand_in(match: re.Match[str]) -> str:
    if match[1].startswith("text("):
        return "x" * int(match[1][5:-1])
    return _STAND_INS.get(match[1], match[1])
