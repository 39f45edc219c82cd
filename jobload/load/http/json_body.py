"""The JSON of a reply. A byte order mark before it is passed over, as RFC 8259 lets a reader do."""

from __future__ import annotations

import codecs
from typing import Any

import orjson


def parsed(body: bytes) -> Any:
    """orjson.JSONDecodeError when it is none."""
    return orjson.loads(body.removeprefix(codecs.BOM_UTF8))


def parsed_or_none(body: bytes) -> Any:
    try:
        return parsed(body)
    except orjson.JSONDecodeError:
        return None
