"""Documents with something odd in a place where it does not belong."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from mutations import copied

ODD: list[Any] = [
    None, True, 0, -1, 10**30, 1e300, "", "x", "\u0000\u2028", "{{ x }}", "${X}", "/{a}/{a", [],
    {}, {"": {}}, {"$ref": "#"}, {"$ref": "#/nowhere/0"}, {"$ref": "other.yaml#/x"}, {"$ref": 7},
    {"$ref": "#/components/schemas/Loop"}, {"type": "object", "required": ["a"]}, {"allOf": [{}]},
    {"anyOf": [{"type": "null"}]}, {"type": ["null"]}, {"type": "string", "pattern": "(["},
    {"type": "string", "minLength": 10**9}, {"type": "array", "minItems": 10**9},
    {"type": "integer", "minimum": 5, "maximum": 1}, {"enum": []}, {"not": {}}, {"multipleOf": 0},
]  # fmt: skip
LOOP = {"type": "object", "required": ["x"], "properties": {"x": {"$ref": "#/x"}}}


def places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, each in entries:
        yield (*at, key)
        if isinstance(each, dict | list):
            yield from places(each, (*at, key))


def damaged(document: Any, random: Random) -> tuple[str, Any]:
    """What was done, and the document."""
    broken = copied(document)
    done = []
    for _ in range(random.choice([1, 1, 1, 2, 5])):
        place = random.choice([*places(broken)])
        odd = copied(random.choice(ODD))
        holder = broken
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = odd
        done.append(f"{place} = {odd!r}")
    return "; ".join(done), broken
