"""Plain data as lines of YAML: short things on one line, everything else a key a line."""

from __future__ import annotations

import io
import json
import re
from textwrap import TextWrapper
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from jobload.init.loose_data import on_one_line

WIDTH = 100
_NEVER = 2**31
_NEEDS_QUOTES = re.compile("[\x85\u2028\u2029]|^[:?]")
"""Line breaks of YAML 1.1, and `:` or `?` at the beginning: ruamel.yaml writes them as they are."""


def yaml_lines(data: dict[str, Any], indent: int = 0) -> list[str]:
    """The mapping in block style, each line indented by so many blanks."""
    text = io.StringIO()
    _writer().dump(_styled(data, WIDTH - indent, is_top=True), text)
    return [" " * indent + line for line in text.getvalue().splitlines()]


def comment_lines(sentence: str, indent: int = 0) -> list[str]:
    """The sentence behind `# `, broken between words where it would be too wide."""
    words = TextWrapper(WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False)
    lines = words.wrap(on_one_line(sentence))
    return [" " * indent + f"# {line}".rstrip() for line in lines or [""]]


def _writer() -> YAML:
    writer = YAML()
    writer.width = _NEVER
    writer.brace_single_entry_mapping_in_flow_sequence = True
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.representer.ignore_aliases = lambda *_: True
    return writer


def _styled(value: Any, room: int, is_top: bool = False) -> Any:
    if isinstance(value, str) and _NEEDS_QUOTES.search(value):
        return DoubleQuotedScalarString(value)
    if not isinstance(value, dict | list):
        return value
    styled: Any = CommentedMap() if isinstance(value, dict) else CommentedSeq()
    fits = not value or (not is_top and len(json.dumps(value, ensure_ascii=False)) <= room - 24)
    if fits:
        styled.fa.set_flow_style()
    else:
        styled.fa.set_block_style()
    if isinstance(value, dict):
        styled.update({_styled(k, 0): _styled(each, room - 2) for k, each in value.items()})
    else:
        styled.extend(_styled(each, room - 4) for each in value)
    return styled
