"""Values of the environment are shown nowhere, short ones and those at the edge of a cut too."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from jobload.load.http.secrets import Secrets

HEADERS = [{"X-A": "${A}", "X-B": "${B}"}]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the eu of europe, eu-1, (eu)", "the *** of europe, ***-1, (***)"),
        ("neu", "neu"),
        ("longer-secret and longer-secrets", "*** and ***s"),
    ],
)
def test_short_values_are_masked_as_words_and_long_ones_anywhere(text: str, shown: str) -> None:
    secrets = Secrets(HEADERS, {"A": "eu", "B": "longer-secret"})
    assert secrets.redact(text) == shown


def test_without_secrets_nothing_is_masked() -> None:
    assert Secrets([{"X": "plain"}], {}).redact("plain text") == "plain text"


def in_ascii_json(text: str) -> str:
    return json.dumps(text)


def in_utf8_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def in_json_within_json(text: str) -> str:
    return json.dumps(json.dumps(text))


def in_json_of_php(text: str) -> str:
    return json.dumps(text).replace("/", r"\/")


def in_json_of_go(text: str) -> str:
    return json.dumps(text).replace("&", r"\u0026").replace("<", r"\u003c")


def in_a_path(text: str) -> str:
    return quote(text, safe="")


def in_a_path_in_small_letters(text: str) -> str:
    return quote(text, safe="").replace("%2F", "%2f").replace("%C3%BC", "%c3%bc")


@pytest.mark.parametrize(
    "spelled",
    [
        str,
        in_ascii_json,
        in_utf8_json,
        in_json_within_json,
        in_json_of_php,
        in_json_of_go,
        in_a_path,
        in_a_path_in_small_letters,
        quote,
        quote_plus,
        html.escape,
        repr,
    ],
)
def test_a_value_is_masked_as_it_is_sent_and_repeated(spelled: Callable[[str], str]) -> None:
    secret = "t/o+p \"se\\cret'\t&<3> of münster"
    said = Secrets(HEADERS, {"A": secret, "B": "other"}).redact(f"you said {spelled(secret)}!")
    assert said.replace("\\", "").replace('"', "").replace("'", "") == "you said ***!"


def test_a_value_that_is_no_utf_8_is_masked_as_well() -> None:
    assert Secrets(HEADERS, {"A": "\udcff\udcfe-1234", "B": "other"}).redact("%ff%FE-1234") == "***"
