"""Which sources of rows the templates of a part of the plan name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobload.plan.flow.template import Name, template


def named_sources(value: Any) -> list[str]:
    """In the order in which they are first named."""
    named = [
        part.source
        for text in texts(value)
        for part in (template(text).expressions if "{{" in text else ())
        if isinstance(part, Name) and part.source is not None
    ]
    return [*dict.fromkeys(named)]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
