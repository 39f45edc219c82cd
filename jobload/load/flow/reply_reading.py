"""What a step takes from a reply, and what it expects of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pydantic import JsonValue

from jobload.load.flow.filling import Filling
from jobload.load.flow.scope import Scope
from jobload.load.http.json_body import exactly_parsed, is_rounded, parsed
from jobload.load.http.location import resolved
from jobload.load.http.reply import Reply
from jobload.plan.expect import Expect
from jobload.plan.flow.condition import as_json, check_regex, unmet
from jobload.plan.flow.json_path import MISSING, JsonPath, json_path
from jobload.plan.flow.poll import conditions_of, statuses_of

REGEX, HEADER, LOCATION = "regex:", "header:", "location"
NO_CONTENT = 204
NOT_READ = object()


class Said:
    """A reply as a step reads it; its JSON is parsed once, and only if somebody asks."""

    __slots__ = ("_document", "reply")

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self._document: Any = NOT_READ

    @property
    def document(self) -> Any:
        """MISSING when it is no JSON: null is."""
        if self._document is NOT_READ:
            try:
                self._document = parsed(self.reply.body)
            except ValueError:
                self._document = _parsed_content(self.reply)
        return self._document

    def first(self, path: JsonPath) -> Any:
        """MISSING when there is none."""
        found = path.first(self.document)
        return path.first(exactly_parsed(self.reply.content)) if is_rounded(found) else found

    def values(self, path: JsonPath) -> list[Any]:
        found = path.values(self.document)
        return path.values(exactly_parsed(self.reply.content)) if is_rounded(found) else found


def _parsed_content(reply: Reply) -> Any:
    """What was packed is never JSON itself, so that only such a reply is asked whether it was."""
    content = reply.content
    try:
        return MISSING if content is reply.body else parsed(content)
    except ValueError:
        return MISSING


class Conditions:
    """All of them must hold; `unmet` names the first that does not."""

    def __init__(self, wanted: Mapping[str, JsonValue], filling: Filling) -> None:
        self._paths = [(path, json_path(path), value) for path, value in wanted.items()]
        self._filling = filling

    def held(self, said: Said) -> str:
        """What there was, where all of them hold."""
        found = ((text, said.values(path)) for text, path, _ in self._paths)
        return ", ".join(f"{text} is {as_json(values[0])}" for text, values in found if values)

    def unmet(self, said: Said, scope: Scope) -> str | None:
        fill = self.fill(scope)
        for text, path, wanted in self._paths:
            values = said.values(path)
            if not values and said.document is MISSING and said.reply.status != NO_CONTENT:
                return f"not JSON, so {text} is not there"
            if (sentence := unmet(text, values, wanted, fill)) is not None:
                return sentence
        return None

    def fill(self, scope: Scope) -> Callable[[str], Any]:
        return lambda text: self._filling.value(text)(scope)


class Expectation:
    def __init__(self, expect: Expect, also: frozenset[int], filling: Filling) -> None:
        """`also` are statuses that are as good."""
        self.statuses = expect.statuses | also
        self._keys = expect.json_keys
        self._conditions = Conditions(expect.conditions, filling)
        self._headers = expect.headers
        self._body = None if expect.body is None else check_regex(expect.body)
        self.is_plain = not (self._keys or expect.conditions or self._headers or expect.body)

    def unmet(self, said: Said, scope: Scope) -> str | None:
        """Besides its status."""
        if self.is_plain:
            return None
        return (
            self._without_keys(said)
            or self._conditions.unmet(said, scope)
            or self._wrong_header(said, scope)
            or self._wrong_body(said)
        )

    def _without_keys(self, said: Said) -> str | None:
        if not self._keys:
            return None
        if not isinstance(said.document, dict):
            return "not JSON" if said.document is MISSING else "not a JSON object"
        missing = [key for key in self._keys if key not in said.document]
        return f"without {', '.join(missing)}" if missing else None

    def _wrong_header(self, said: Said, scope: Scope) -> str | None:
        for name, wanted in self._headers.items():
            readings = [[each] for each in _readings(said.reply.header_text(name))] or [[]]
            fill = self._conditions.fill(scope)
            sentences = [unmet(f"header {name}", values, wanted, fill) for values in readings]
            if None not in sentences:
                return sentences[0]
        return None

    def _wrong_body(self, said: Said) -> str | None:
        if self._body is None or self._body.search(said.reply.text):
            return None
        return f"nothing in the body matches {self._body.pattern}"


def _readings(header: str | None) -> Iterator[Any]:
    """As text, and as the number that a limit, or 5 in YAML, is compared with."""
    if header is None:
        return
    yield header
    with suppress(ValueError):
        if isinstance(value := parsed(header.encode()), int | float):
            yield value


Taker = Callable[[Said, Callable[[], str]], Any]


class Captures:
    def __init__(self, wanted: Mapping[str, str]) -> None:
        self._take = [(name, place, _taker(place)) for name, place in wanted.items()]

    def put(self, said: Said, asked: Callable[[], str], into: dict[str, Any]) -> str | None:
        """What is not there; None when all is. `asked` gives the target of the request."""
        for name, place, take in self._take:
            value = said.first(take) if isinstance(take, JsonPath) else take(said, asked)
            if value is MISSING:
                lacks_json = isinstance(take, JsonPath) and said.document is MISSING
                return f"{'not JSON, so ' if lacks_json else ''}{name} is not there ({place})"
            into[name] = value
        return None

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self._take]


def _taker(place: str) -> JsonPath | Taker:
    if place.startswith(HEADER):
        return _header_taker(place.removeprefix(HEADER))
    if place.startswith(REGEX):
        return _regex_taker(check_regex(place.removeprefix(REGEX)))
    return json_path(place)


def _header_taker(name: str) -> Taker:
    def take(said: Said, asked: Callable[[], str]) -> Any:
        value = said.reply.header_text(name)
        if value is None:
            return MISSING
        return resolved(asked(), value) if name.lower() == LOCATION else value

    return take


def _regex_taker(pattern: re.Pattern[str]) -> Taker:
    def take(said: Said, _: object) -> Any:
        match = pattern.search(said.reply.text)
        if match is None:
            return MISSING
        found = match[1] if pattern.groups else match[0]
        return MISSING if found is None else found

    return take


class Outcome:
    """What a poll waits for."""

    def __init__(self, wanted: Mapping[str, JsonValue] | None, filling: Filling) -> None:
        self._is_wanted = wanted is not None
        wanted = dict(wanted or {})
        self._statuses = statuses_of(wanted)
        self._conditions = Conditions(conditions_of(wanted), filling)

    def unmet(self, said: Said, scope: Scope) -> str | None:
        """None when all of it holds."""
        status = said.reply.status
        if self._statuses is not None and status not in self._statuses:
            return f"the status is {status}"
        return self._conditions.unmet(said, scope)

    def held(self, said: Said, scope: Scope) -> str | None:
        """What there was, when all of it holds; None when it does not."""
        if not self._is_wanted or self.unmet(said, scope) is not None:
            return None
        return self._conditions.held(said) or f"the status is {said.reply.status}"
