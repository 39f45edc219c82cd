"""What `defaults` says, put into each scenario that has such a field and says nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobload.plan.document import Document
from jobload.plan.explain import keys_of
from jobload.plan.problem import Path, did_you_mean
from jobload.plan.scenario import SHAPES

MERGED = ("headers", "variables", "data")
"""Of these, a scenario has what it says itself, and the rest from the defaults."""


def put_defaults(document: Document, said: Any, bodies: Mapping[str, dict[str, Any]]) -> None:
    """`bodies` are the scenarios as they were written, by name."""
    defaults = document.mapping(("defaults",), said)
    keys = dict.fromkeys(key for shape in SHAPES.values() for key in keys_of(shape))
    known = [key for key in keys if key not in ("name", "shape")]
    for key in [*defaults]:
        if key not in known:
            message = f"unknown key; {did_you_mean(key, known)}"
            document.add(("defaults", key), message, at_key=True)
    for name, body in bodies.items():
        shape = SHAPES.get(str(body.get("shape")))
        for key in keys_of(shape) if shape is not None else ():
            if key in defaults and key in known:
                _put(document, ("scenarios", name), body, key, defaults[key])


def _put(document: Document, path: Path, body: dict[str, Any], key: str, value: Any) -> None:
    at, here = ("defaults", key), (*path, key)
    if key not in body:
        body[key] = value
        document.stand_for(at, here)
    elif key in MERGED and isinstance(own := body[key], dict) and isinstance(value, dict):
        body[key] = {**value, **own}
        for each in value.keys() - own.keys():
            document.stand_for((*at, each), (*here, each))
