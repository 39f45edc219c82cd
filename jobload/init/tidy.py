"""The last touch of a draft: no value captured that nothing uses, and bodies that YAML can hold."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import orjson

from jobload.init.draft import Draft, Flow, Step
from jobload.init.template_text import encoded, literal

_FILLED_IN = re.compile(r"\{\{|\$\{")
_DEEPEST = 10
"""Levels of a body; the plan allows 20 in all, and a step stands in the seventh."""
_LARGEST_INLINE_BYTES = 4096
_WHOLE_NUMBERS = 10**18
"""From here on the plan reads floating point."""


def tidy(draft: Draft) -> None:
    for flow in draft.flows:
        for step in flow.steps:
            if isinstance(step, Step):
                _make_body_fit(draft, step)
        _drop_unused_captures(flow)
    written = repr([_texts(step) for flow in draft.flows for step in flow.steps])
    draft.secrets = {
        name: holds for name, holds in draft.secrets.items() if f"${{{name}}}" in written
    }


def _drop_unused_captures(flow: Flow) -> None:
    used = ""
    for step in reversed(flow.steps):
        if isinstance(step, Step):
            step.capture = {
                name: where for name, where in step.capture.items() if f"{{{{ {name} }}}}" in used
            }
            used += repr(_texts(step))


def _texts(step: Any) -> Any:
    return [step.path, step.headers, step.body] if isinstance(step, Step) else ""


def _make_body_fit(draft: Draft, step: Step) -> None:
    if step.body_kind is None:
        return
    if step.body_kind == "json" and (step.body is None or not _fits(step.body, _DEEPEST)):
        step.body_kind, step.body = "body", orjson.dumps(_with_literal_keys(step.body)).decode()
        step.headers.setdefault("Content-Type", "application/json")
    if step.body_kind == "form" and _FILLED_IN.search(" ".join(step.body)):
        pairs = (f"{quote(key, safe='')}={encoded(value)}" for key, value in step.body.items())
        step.body_kind, step.body = "body", "&".join(pairs)
        step.headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    raw = step.body.encode() if isinstance(step.body, str) else orjson.dumps(step.body)
    if (
        step.body_kind == "form"
        or len(raw) <= _LARGEST_INLINE_BYTES
        or _FILLED_IN.search(raw.decode())
    ):
        return
    if step.body_kind == "json":
        step.headers.setdefault("Content-Type", "application/json")
    step.body_kind, step.body = "body", {"file": draft.add_file(step.name, raw)}


def _fits(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        keys = all("{{" not in key and "${" not in key for key in value)
        return keys and levels > 0 and all(_fits(each, levels - 1) for each in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_fits(each, levels - 1) for each in value)
    return not isinstance(value, int) or abs(value) < _WHOLE_NUMBERS


def _with_literal_keys(value: Any) -> Any:
    """In a text nothing tells keys from values, and both are filled in."""
    if isinstance(value, dict):
        return {literal(key): _with_literal_keys(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_literal_keys(each) for each in value]
    return value
