"""What is a secret by the name under which it is sent."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"authorization|cookie|token|secret|passw|pwd|passcode|passphrase|credential|signature|csrf|xsrf"
    r"|jwt|bearer|assertion|sess(ion)?[-_]?id|^sid$|^sig$|^pin$|^otp$|(^|[-_.]|auth|user)pass$"
    r"|^(x[-_])?auth(entication)?$|(access|account|api|app|application|auth|client|consumer"
    r"|encryption|functions|licen[cs]e|master|private|subscription|webhook)[-_]?key",
    re.IGNORECASE,
)
_WORD = r"(?:(?<![A-Za-z])|(?-i:(?<=[a-z])(?=[A-Z])))"
"""Where one begins: admin_tokens are not min tokens."""
_NO_SECRET = re.compile(
    rf"{_WORD}(max|min|num|total|prompt|completion|count|limit)[-_]?\w*tokens"
    rf"|(tokens?|assertion)[-_]?(type|count|limit)|{_WORD}(page|next|continuation|sync)[-_]?token"
    r"|(authorization|token)[-_]?(endpoint|url)|(boarding|season|day)[-_]pass$",
    re.IGNORECASE,
)
_MAY_BE = re.compile(r"auth|key|sig", re.IGNORECASE)


def is_secret(name: str) -> bool:
    return bool(_SECRET.search(name)) and not _NO_SECRET.search(name)


def may_be_secret(name: str) -> bool:
    """Of a header or a parameter of an address, whose keys let somebody in more often than not."""
    return is_secret(name) or bool(_MAY_BE.search(name))
