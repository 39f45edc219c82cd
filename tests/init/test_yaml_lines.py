from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.init.template_text import json_path_text, literal
from jobload.init.tidy import _fits
from jobload.init.yaml_lines import comment_lines, yaml_lines
from jobload.plan.flow.json_path import json_path
from jobload.plan.flow.template import Call, template
from jobload.plan.yaml_document import read_document

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["no", "010", "1e5", "2020-01-01", "null", "~", "<<", "=", "- a", "a: b", "#"]),
    st.text(st.sampled_from("-?:,[]{}#&*!|>'\"%@`=~< a0"), max_size=4),
    st.sampled_from(
        [
            "{{ x }}",
            ":0",
            ": x",
            ":",
            "?0",
            "\x85",
            "\u2028\u2029",
            "\ufeff",
            "\x7f",
            " lead",
            "trail ",
            "'\"",
        ]
    ),
)
NUMBERS = st.integers(-(10**18) + 1, 10**18 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_written_is_read_back_by_the_plan_as_it_was(value: Any) -> None:
    if not _fits(value, 10):
        return
    document = read_document("x", "\n".join(yaml_lines({"json": {"": value}})) + "\n")
    assert not document.problems
    assert document.data["json"][""] == value
    assert repr(document.data["json"][""]) == repr(value)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_comment_stays_a_comment(sentence: str) -> None:
    lines = comment_lines(sentence, 4)
    assert all(line.startswith("    #") and len(line.splitlines()) <= 1 for line in lines)
    text = "\n".join([*lines, "a: 1"]) + "\n"
    assert read_document("x", text).data == {"a": 1}


def test_a_long_comment_is_broken_between_words() -> None:
    lines = comment_lines("word " * 100, 2)
    assert len(lines) > 4
    assert max(map(len, lines)) <= 100


@given(st.text(st.sampled_from("{}$ax'\\ "), max_size=12))
def test_text_that_looks_like_a_template_is_sent_as_it_is(text: str) -> None:
    parsed = template(literal(text))
    assert "".join(_rendered(part) for part in parsed.parts) == text


def _rendered(part: Any) -> str:
    if isinstance(part, str):
        return part
    assert isinstance(part, Call)
    assert part.function == "choice"
    return str(part.arguments[0])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=3))
def test_keys_of_any_kind_are_found_again(keys: list[str]) -> None:
    document: Any = "found"
    for key in reversed(keys):
        document = {key: document}
    assert json_path(json_path_text(keys)).values(document) == ["found"]


@pytest.mark.parametrize(("keys", "path"), [(["a", 0, "b_c"], "$.a[0].b_c"), (["a-b"], '$["a-b"]')])
def test_plain_keys_are_written_plainly(keys: list[str | int], path: str) -> None:
    assert json_path_text(keys) == path
