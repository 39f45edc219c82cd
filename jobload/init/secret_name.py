"""What is a secret by its name, and how the environment variable is called that holds it."""

from __future__ import annotations

import re

from jobload.init.value_name import snake_case

_SECRET = re.compile(
    r"authorization|cookie|token|secret|passw|pwd|passcode|passphrase|credential|signature|csrf|xsrf"
    r"|jwt|bearer|assertion|sess(ion)?[-_]?id|^sid$|^sig$|^pin$|^otp$|(^|[-_.]|auth|user)pass$"
    r"|^(x[-_])?auth(entication)?$|(access|account|api|app|application|auth|client|consumer"
    r"|encryption|functions|licen[cs]e|master|private|subscription|webhook)[-_]?key",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"(max|min|num|total|prompt|completion|count|limit)[-_]?\w*tokens|(tokens?|assertion)[-_]?(type|count|limit)"
    r"|(page|next|continuation|sync)[-_]?token|token[-_]?endpoint",
    re.IGNORECASE,
)
_RESERVED = "JOBLOAD_"


def is_secret(name: str) -> bool:
    return bool(_SECRET.search(name)) and not _NO_SECRET.search(name)


def variable_name(name: str) -> str:
    """`apiKey` as API_KEY."""
    variable = snake_case(name).upper() or "SECRET"
    is_taken = variable[0].isdigit() or variable.startswith(_RESERVED)
    return f"API_{variable}" if is_taken else variable
