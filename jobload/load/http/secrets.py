"""Header values that came from the environment: filled in here, and shown nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html.entities import codepoint2name

from jobload.plan.flow.environment import secrets_of
from jobload.plan.headers import secret_values
from jobload.plan.scenario import Scenario

SHORTEST_WITHIN_WORDS = 4


class Secrets:
    def __init__(
        self,
        headers: Iterable[Mapping[str, str]] = (),
        environ: Mapping[str, str] | None = None,
        scenarios: Iterable[Scenario] = (),
    ) -> None:
        """Those that `headers`, as the scenarios have them, and their steps name."""
        environ = {} if environ is None else environ
        found = {value for each in headers for value in secret_values(each, environ)}
        found.update(value for each in scenarios for value in secrets_of(each, environ))
        longest_first = sorted(found, key=lambda secret: (-len(secret), secret))
        self._pattern = re.compile("|".join(map(_anywhere, longest_first))) if found else None

    def redact(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub("***", text)


def _anywhere(secret: str) -> str:
    """A short one as a word only: masked within words as well, it would leave no text to read."""
    pattern = "".join(map(_spelled, secret))
    if len(secret) >= SHORTEST_WITHIN_WORDS:
        return pattern
    before = r"(?<!\w)" if secret[0].isalnum() else ""
    after = r"(?!\w)" if secret[-1].isalnum() else ""
    return f"{before}{pattern}{after}"


def _spelled(character: str) -> str:
    """As it is, and as it is sent or repeated within JSON, paths, forms and pages."""
    if character.isascii() and character.isalnum():
        return character
    code = ord(character)
    spellings = [
        rf"\\{{0,3}}(?:{re.escape(character)}|{re.escape(json.dumps(character)[1:-1])})",
        rf"\\{{1,3}}u{code:04x}",
        "".join(f"%{byte:02x}" for byte in character.encode(errors="surrogateescape")),
        *([r"\+"] if character == " " else []),
        rf"&(?:#0{{0,3}}{code}|#x0{{0,3}}{code:x}|{codepoint2name.get(code, '')});",
    ]
    return f"(?i:{'|'.join(spellings)})"
