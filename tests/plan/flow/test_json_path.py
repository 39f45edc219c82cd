from typing import Any

import jsonpath_rfc9535
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.plan.flow.json_path import _PLAIN, MISSING, json_path

NAMES = st.sampled_from(["a", "b", "_c1", "d e", "x.y"])
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
KEYS = st.lists(NAMES | st.integers(-3, 3), max_size=4)


def written(keys: list[str | int]) -> str:
    parts = [
        f"[{key}]" if isinstance(key, int) else f".{key}" if key.isidentifier() else f"['{key}']"
        for key in keys
    ]
    return "$" + "".join(parts)


@given(DOCUMENTS, KEYS)
def test_a_plain_path_finds_what_the_library_finds(document: Any, keys: list[str | int]) -> None:
    path = json_path(text := written(keys))
    assert (path.keys, path.query) == (tuple(keys), None), "it is taken for a plain one"
    expected = list(jsonpath_rfc9535.find(text, document).values())
    assert path.values(document) == expected
    first = path.first(document)
    assert ([] if first is MISSING else [first]) == expected


@given(st.from_regex(_PLAIN, fullmatch=True))
def test_the_library_need_not_be_asked_whether_a_plain_path_is_right(text: str) -> None:
    jsonpath_rfc9535.compile(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$.jobs[?@.id == 7].status", ["done"]),
        ("$..id", [7, 8]),
        ("$.jobs[*].status", ["done", "new"]),
        ("$.jobs[-1].id", [8]),
        ("$['jobs'][0]['id']", [7]),
        ("$.none", []),
    ],
)
def test_all_of_rfc_9535_is_understood(text: str, found: list[Any]) -> None:
    document = {"jobs": [{"id": 7, "status": "done"}, {"id": 8, "status": "new"}]}
    path = json_path(text)
    assert sorted(map(str, path.values(document))) == sorted(map(str, found))
    assert path.first(document) is MISSING if not found else path.first(document) == found[0]


def test_null_is_a_value_and_what_is_not_there_is_none() -> None:
    path = json_path("$.a")
    assert path.values({"a": None}) == [None]
    assert path.first({"a": None}) is None
    assert path.first({}) is MISSING


@pytest.mark.parametrize("text", ["a.b", "$.", "$.a[", "$[?(@.x=1)]", "$.a-b", "", "$['a'"])
def test_what_is_no_path_is_refused_with_half_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is no JSONPath: "):
        json_path(text)


@pytest.mark.parametrize("at", range(-5, 5))
def test_an_index_counts_from_either_end(at: int) -> None:
    """Three there are."""
    path = json_path(text := f"$[{at}]")
    assert path.query is None
    assert path.values([7, 8, 9]) == list(jsonpath_rfc9535.find(text, [7, 8, 9]).values())
