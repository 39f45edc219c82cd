"""Which value of a request came out of an earlier reply.

It did if a reply had it before any request did: what was sent first was known without the reply.
"""

from __future__ import annotations

from typing import Any

from jobload.init.har.recorded_turn import Turn
from jobload.init.har.recorded_values import ReplyValue, reply_values, sent_values, target_of
from jobload.init.recorded_request import PATH_FIELD
from jobload.init.template_text import filled_in
from jobload.init.value_name import value_name

_SHORTEST_DISTINCT = 6
_LONG = 16
_LONG_NUMBER = 4


class Correlation:
    """`captures` are of each turn: the name of a value and where its reply has it."""

    def __init__(self, turns: list[Turn]) -> None:
        self._turns = turns
        self._received: dict[str, tuple[int, ReplyValue]] = {}
        self._targets: list[tuple[str, int, ReplyValue]] = []
        self._first_sent: dict[str, int] = {}
        self._names: dict[tuple[int, str], str] = {}
        self.captures: list[dict[str, str]] = [{} for _ in turns]
        for number, turn in enumerate(turns):
            for value in sent_values(turn.first.request):
                self._first_sent.setdefault(_text(value), number)
            self._note_reply(number, turn)

    def _note_reply(self, number: int, turn: Turn) -> None:
        best: dict[str, ReplyValue] = {}
        for each in reply_values(turn.last):
            text = _text(each.value)
            known = best.get(text)
            if known is None or each.clumsiness < known.clumsiness:
                best[text] = each
        for text, each in best.items():
            if text not in self._received:
                self._received[text] = number, each
                self._note_target(text, number, each)

    def _note_target(self, text: str, number: int, found: ReplyValue) -> None:
        """Most values are no addresses, and each step looks at all that are."""
        if text.startswith(("/", "http")):
            given = target_of(text, self._turns[number].first.host)
            if given is not None and _has_own_part(given) and self._is_new(given, number):
                self._targets.append((given, number, found))

    def fill(self, number: int, name: str, value: Any, *, typed: bool = False) -> str | None:
        """What stands for a value of this turn's request, in a field so called."""
        text = _text(value)
        if source := self._source(number, text):
            at, found = source
            is_alike = not typed or type(found.value) is type(value)
            if is_alike and _is_telling(text, found, name):
                return filled_in(self._capture(at, found))
        scheme, blank, rest = text.partition(" ")
        if blank and scheme.isalpha() and (inner := self._source(number, rest)):
            return f"{scheme} {filled_in(self._capture(*inner))}"
        return None

    def target(self, number: int) -> tuple[str, str] | None:
        """What stands for the path and query that a reply has given whole, and what follows it."""
        url = self._turns[number].first.request.url
        wanted = f"{url.path}?{url.query}" if url.query else url.path
        for given, at, found in self._targets:
            rest = wanted.removeprefix(given)
            if at < number and wanted.startswith(given) and (not rest or rest[0] in "/?"):
                return filled_in(self._capture(at, found)), rest
        return None

    def _source(self, number: int, text: str) -> tuple[int, ReplyValue] | None:
        at, found = self._received.get(text, (number, None))
        if found is None or at >= number or self._first_sent.get(text, number) <= at:
            return None
        return at, found

    def _is_new(self, target: str, at: int) -> bool:
        """No request up to that reply went there."""
        return not any(
            turn.first.request.url.path.startswith(target.partition("?")[0])
            for turn in self._turns[: at + 1]
        )

    def _capture(self, at: int, found: ReplyValue) -> str:
        key = at, found.capture
        if key not in self._names:
            self._names[key] = value_name(found.name, [*self._names.values()])
            self.captures[at][self._names[key]] = found.capture
        return self._names[key]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_telling(text: str, found: ReplyValue, field: str) -> bool:
    """Not a word or number that is the same by chance."""
    if isinstance(found.value, bool | float) or not text:
        return False
    if len(text) >= _LONG or (len(text) >= _SHORTEST_DISTINCT and any(c.isdigit() for c in text)):
        return True
    if not found.is_id:
        return False
    in_path = field.startswith(PATH_FIELD)
    if text.isdigit() and len(text) < _LONG_NUMBER:
        return _alike(found.name, field.strip(PATH_FIELD)) or (in_path and found.is_of_new_thing)
    return True


def _alike(one: str, other: str) -> bool:
    """`id` and `job_id`, `jobId` and `job-id`."""
    first, second = (each.replace("_", "").replace("-", "").lower() for each in (one, other))
    return first.endswith(second) or second.endswith(first)


def _has_own_part(target: str) -> bool:
    """A part that no other address has: with a digit in it, or long."""
    return any(
        any(c.isdigit() for c in part) or len(part) >= _LONG
        for part in target.partition("?")[0].split("/")
    )
