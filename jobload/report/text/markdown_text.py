"""Texts of others in Markdown: neither markup, nor the end of a table, nor a word to anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_CALL = re.compile(r"(?<=[@#!])(?=\w)|(?<=\bGH-)(?=\d)")
"""Behind it is a person, an issue or a merge request, which GitHub and GitLab would tell of it."""
JOINER = "\N{WORD JOINER}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _row(header)
    yield _row(["---"] * len(header))
    for row in rows:
        yield _row(row)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    calm = _CALL.sub(JOINER, " ".join(text.split()))
    marked = "".join(f"\\{c}" if c in "\\`*_{}[]|~#$" else c for c in calm)
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    return text.replace("`", "'")
