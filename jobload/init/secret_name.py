"""What is a secret by its name, and how the environment variable is called that holds it."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"authorization|cookie|token|secret|api[-_]?key|access[-_]?key|passw|passphrase|credential"
    r"|signature|session[-_]?id|^sid$|^pin$|^otp$|csrf|xsrf|^auth$|private[-_]?key|^pwd$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"(max|min|num|total|prompt|completion|count|limit)[-_]?\w*tokens|tokens?[-_]?(type|count|limit)"
    r"|(page|next|continuation|sync)[-_]?token|token[-_]?endpoint",
    re.IGNORECASE,
)
_RESERVED = "JOBLOAD_"


def is_secret(name: str) -> bool:
    return bool(_SECRET.search(name)) and not _NO_SECRET.search(name)


def variable_name(name: str) -> str:
    """`apiKey` as API_KEY."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    variable = re.sub(r"[^A-Za-z0-9]+", "_", words, flags=re.ASCII).strip("_").upper() or "SECRET"
    return (
        f"API_{variable}" if variable[0].isdigit() or variable.startswith(_RESERVED) else variable
    )
