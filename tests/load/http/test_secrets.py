"""Values of the environment are shown nowhere, short ones and those at the edge of a cut too."""

from __future__ import annotations

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
