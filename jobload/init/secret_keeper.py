"""Takes secrets out of what was recorded, and remembers the variables that stand for them."""

from __future__ import annotations

import re
from typing import Any

from jobload.init.template_text import literal
from jobload.init.value_name import numbered, variable_name
from jobload.plan.secret_name import is_secret

_TOKENS = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"  # JWT
    r"|\b(?:gh[opsu]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|sk[-_][\w-]{16,}"
    r"|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,})"
)
_SCHEME = re.compile(
    r"(Basic|Bearer|Token|Digest|ApiKey|Negotiate)\s+(.+)", re.IGNORECASE | re.DOTALL
)
_FIELDS = re.compile(
    r"""name="(?P<field>[^"]{1,60})"[^\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n(?P<content>[^\r\n]+)"""
    r"""|<(?P<element>[\w:.-]{2,40})[^<>]*>(?P<inside>[^<>]+)(?=</)"""
    r"""|["']?(?P<key>[\w.-]{2,40})["']?\s*[:=]\s*(?:"(?P<quoted>[^"]+)"|(?P<bare>[^"'&\s<>,;}]+))"""
)
"""Of forms in parts, XML, JSON and the like."""
_HOLDS = {"basic": "user:password in Base64", "bearer": "an access token"}
_SHORTEST_ANYWHERE = 6
"""Shorter secrets are masked where they stand, not wherever the same letters do."""


class SecretKeeper:
    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        """By name, and what each is to hold."""
        self._by_value: dict[str, str] = {}

    def know(self, value: str, variable: str) -> None:
        """Wherever the value stands, it is what the variable holds."""
        self._by_value[value] = variable
        self.variables.setdefault(variable, "as in the command")

    def value(self, name: str, value: Any) -> Any:
        """A value of the field so called, a secret replaced and all else literal."""
        if isinstance(value, bool) or value is None or value == "":
            return value
        if is_secret(name):
            return self.replaced(name, str(value))
        return self.text(value, name) if isinstance(value, str) else value

    def header(self, name: str, value: str) -> str:
        if not is_secret(name):
            return self.text(value, name)
        if match := _SCHEME.fullmatch(value.strip()):
            holds = _HOLDS.get(match[1].lower(), "")
            return f"{match[1]} {self.replaced(name, match[2], holds)}"
        return self.replaced(name, value)

    def text(self, text: str, name: str = "") -> str:
        """Without the secrets that are known by now, nor what looks like a token anywhere."""
        for match in _TOKENS.finditer(text):
            self.replaced(name or "token", match[0])
        return self._without_known(text)

    def body_text(self, text: str) -> str:
        """Of a form that nothing here can read: its fields are known by how they look."""
        for match in _FIELDS.finditer(text):
            name = match["field"] or match["element"] or match["key"]
            value = match["content"] or match["inside"] or match["quoted"] or match["bare"]
            if is_secret(name):
                self.replaced(name, value.strip())
        return self.text(text)

    def replaced(self, name: str, value: str, holds: str = "") -> str:
        variable = self._by_value.get(value)
        if variable is None:
            variable = numbered(variable_name(name), self.variables, "_")
            self._by_value[value] = variable
            self.variables[variable] = holds or f"the value of {name}"
        return f"${{{variable}}}"

    def _without_known(self, text: str) -> str:
        long = [each for each in self._by_value if len(each) >= _SHORTEST_ANYWHERE]
        if not long:
            return str(literal(text))
        longest_first = sorted(long, key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, longest_first)))
        pieces, end = [], 0
        for match in pattern.finditer(text):
            pieces += [literal(text[end : match.start()]), f"${{{self._by_value[match[0]]}}}"]
            end = match.end()
        return "".join([*pieces, literal(text[end:])])
