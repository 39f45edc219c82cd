"""Texts written like a value to fill in, that are none: no mistake, but seldom meant.

A body may be a query or a script with such names of its own, so in one it is told only where it is
all of a text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from jobload.plan.flow.step import METHODS
from jobload.plan.flow.template import EXAMPLES
from jobload.plan.problem import Path, key_text
from jobload.plan.scenario import Scenario

_OF_A_SHELL = re.compile(r"(?<!\$)\$([A-Z][A-Z0-9_]*)\b", re.ASCII)
_JSON_AS_TEXT = re.compile(r'\s*(\{(?!\{)[^:"]*[:"].*\}|\[.*\])\s*', re.DOTALL)
_IN_ONE_BRACE = re.compile(r"(?<![{$])\{ *(([A-Za-z_]\w*)(?:\.\w+)?) *\}(?!\})", re.ASCII)


def as_it_stands(scenario: Scenario) -> Iterator[str]:
    """A sentence on each."""
    for name, text in scenario.headers.items():
        yield from _found(("headers", name), text, "sent", is_told=True, names=())
    for flow_name, flow in scenario.all_flows.items():
        at: Path = ("steps",) if scenario.steps is not None else ("flows", flow_name, "steps")
        captured = (name for step in flow.steps for name in step.capture)
        names = {*scenario.data, *scenario.variables, *captured, *EXAMPLES}
        for index, step in enumerate(flow.steps):
            for path, text in step.filled():
                if path == ("json",) and _JSON_AS_TEXT.fullmatch(text):
                    yield (
                        f"{key_text((*at, index, *path))}: is a text, and is sent as one, in"
                        " quotes; take off those around it, or write body and a Content-Type"
                    )
                is_told = path[0] in ("headers", *METHODS)
                done = "looked for" if path[0] in ("expect", "poll") else "sent"
                yield from _found((*at, index, *path), text, done, is_told=is_told, names=names)


def _found(
    path: Path, text: str, done: str, *, is_told: bool, names: Collection[str]
) -> Iterator[str]:
    """`done` is what is done with it."""
    shells = [(found[0], f"${{{found[1]}}}") for found in _OF_A_SHELL.finditer(text)]
    braced = [
        (found[0], f"{{{{ {found[1]} }}}}")
        for found in _IN_ONE_BRACE.finditer(text)
        if found[2] in names
    ]
    for written, meant in shells + braced:
        if is_told or written == text:
            yield f"{key_text(path)}: {written} is {done} as it stands; write {meant} for its value"
