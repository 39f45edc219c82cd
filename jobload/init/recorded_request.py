"""A request that was really sent, as a step: without its secrets and what a browser adds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qsl, quote, unquote

import orjson

from jobload.init.draft import Step
from jobload.init.secret_keeper import SecretKeeper
from jobload.init.template_text import encoded, literal
from jobload.plan.secret_name import is_secret

_OF_THE_CLIENT = {
    *("host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te"),
    *("keep-alive", "proxy-connection", "proxy-authorization", "upgrade", "expect", "trailer"),
}
_OF_A_BROWSER = {
    *("user-agent", "accept-language", "origin", "referer", "dnt", "priority", "pragma", "purpose"),
    *("cache-control", "upgrade-insecure-requests", "if-none-match", "if-modified-since", "range"),
    *("x-requested-from", "save-data", "sec-gpc", "x-client-data", "alt-used"),
}
_ANY = (
    "*/*",
    "application/json, text/plain, */*",
    "application/json, text/javascript, */*; q=0.01",
)
_URLENCODED = "application/x-www-form-urlencoded"
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LONG_NUMBER = re.compile(r"(?:^|[:\[,])\s*-?\d{20,}")
"""Of more than 64 bits: read, it would lose digits."""
_MOST_LEVELS = 100
PATH_FIELD = "/"
"""Begins the name of a field that is a part of the path."""


class Fill(Protocol):
    """What stands for the value of a field so called, if it is another thing than the value."""

    def __call__(self, name: str, value: Any, *, typed: bool = False) -> str | None:
        """`typed` where 7 is another value than "7"."""


@dataclass(slots=True)
class RecordedRequest:
    method: str
    url: SplitResult
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str | None = None

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def kind(self) -> str:
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def json(self) -> Any:
        """Its body if that is JSON, else None."""
        if self.body is None or not (self.kind.endswith("json") or self.body.lstrip()[:1] in "{["):
            return None
        if _LONG_NUMBER.search(self.body):
            return None
        try:
            data = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None
        return None if _is_too_deep(data) else data

    @property
    def form(self) -> list[tuple[str, str]] | None:
        if self.body is None or self.kind != _URLENCODED or self.body.lstrip()[:1] in "{[<":
            return None
        if not all("=" in pair for pair in self.body.split("&")):
            return None
        return parse_qsl(self.body, keep_blank_values=True)


class StepMaker:
    """`fill` finds what a value is replaced with, such as one that an earlier reply has given."""

    def __init__(self, keeper: SecretKeeper, own_cookies: Callable[[str], bool]) -> None:
        self._keeper = keeper
        self._is_own_cookie = own_cookies

    def step(self, request: RecordedRequest, fill: Fill) -> Step:
        step = Step("", request.method.lower(), "")
        # Headers and body first: what they name as secret is one in the path as well.
        step.headers = self._headers(request, fill)
        self._add_body(step, request, fill)
        step.path = self._path(request.url, fill) + self._query(request.url, fill)
        return step

    def _path(self, url: SplitResult, fill: Fill) -> str:
        segments = (url.path or "/").split("/")
        behind = zip(["", *segments], segments, strict=False)
        return "/".join(self._segment(before, segment, fill) for before, segment in behind)

    def _segment(self, before: str, segment: str, fill: Fill) -> str:
        """What stands behind /jobs is called job_id."""
        found = fill(PATH_FIELD + before.removesuffix("s") + "_id", unquote(segment))
        if found is not None:
            return str(found)
        return self._keeper.text(_as_target(segment))

    def _query(self, url: SplitResult, fill: Fill) -> str:
        if not url.query:
            return ""
        pairs = []
        for pair in url.query.split("&"):
            name, equals, raw = pair.partition("=")
            pairs.append(f"{_as_target(name)}{equals}{self._query_value(name, raw, fill)}")
        return "?" + "&".join(pairs)

    def _query_value(self, name: str, raw: str, fill: Fill) -> str:
        (_, value), *_ = parse_qsl(f"x={raw}", keep_blank_values=True) or [("", raw)]
        found = fill(name, value)
        if found is not None:
            return str(found)
        if is_secret(name) and value and quote(value, safe="") != value:
            # What a variable holds goes into a query as it is.
            return self._keeper.replaced(name, raw, f"{name}, percent-encoded as in an address")
        kept = self._keeper.value(name, value)
        return _as_target(raw) if kept == literal(value) else encoded(kept)

    def _headers(self, request: RecordedRequest, fill: Fill) -> dict[str, str]:
        """One that is there several times is one with several values."""
        written: dict[str, tuple[str, list[str]]] = {}
        for name, value in request.headers:
            lower = name.lower()
            if lower == "cookie":
                kept = self._cookies(value)
            elif _is_worth_sending(lower, value):
                found = fill(name, value)
                kept = [self._keeper.header(name, value) if found is None else str(found)]
            else:
                continue
            written.setdefault(lower, (name, []))[1].extend(kept)
        return {
            name: ("; " if lower == "cookie" else ", ").join(values)
            for lower, (name, values) in written.items()
            if values
        }

    def _cookies(self, value: str) -> list[str]:
        """Those that the API itself did not set before; jobload keeps the others by itself."""
        kept = []
        for pair in value.split(";"):
            name, _, content = pair.strip().partition("=")
            if name and not self._is_own_cookie(name):
                kept.append(f"{name}={self._keeper.replaced(f'{name}_cookie', content)}")
        return kept

    def _add_body(self, step: Step, request: RecordedRequest, fill: Fill) -> None:
        if not request.body or request.method.lower() in ("get", "head", "options"):
            if request.body:
                step.warnings.append(f"Its body is not taken over: {step.method} sends none.")
            return
        data, form = request.json, request.form
        if data is not None:
            step.body_kind, step.body = "json", self._filled("", data, fill, typed=True)
            if (kind := request.header("content-type")) != "application/json":
                step.headers["Content-Type"] = kind or "application/json"
        elif form and len({name for name, _ in form}) == len(form):
            step.body_kind = "form"
            step.body = {k: self._filled(k, value, fill, typed=False) for k, value in form}
            if (kind := request.header("content-type")) != _URLENCODED:
                step.headers["Content-Type"] = kind
        else:
            step.body_kind, step.body = "body", self._keeper.body_text(request.body)
            if kind := request.header("content-type"):
                step.headers["Content-Type"] = kind

    def _filled(self, name: str, value: Any, fill: Fill, *, typed: bool) -> Any:
        if isinstance(value, dict):
            return {k: self._filled(k, each, fill, typed=typed) for k, each in value.items()}
        if isinstance(value, list):
            return [self._filled(name, each, fill, typed=typed) for each in value]
        found = fill(name, value, typed=typed)
        return self._keeper.value(name, value) if found is None else found


def host_of(url: SplitResult) -> str:
    """As --host has it: without a user, and without the port that is meant anyway."""
    usual = ":443" if url.scheme == "https" else ":80"
    return f"{url.scheme}://{url.netloc.rpartition('@')[2].lower().removesuffix(usual)}"


def _is_too_deep(data: Any) -> bool:
    level = [data]
    for _ in range(_MOST_LEVELS):
        level = [
            each
            for value in level
            if isinstance(value, dict | list)
            for each in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(level)


def _is_worth_sending(lower: str, value: str) -> bool:
    if lower.startswith((":", "sec-", "proxy-")) or lower in _OF_THE_CLIENT | _OF_A_BROWSER:
        return False
    if lower == "accept":
        return value not in _ANY and "text/html" not in value
    return lower != "content-type"


def _as_target(raw: str) -> str:
    """What can stand in a request target as it is, and the rest percent-encoded."""
    return quote(_LONE_PERCENT.sub("%25", raw), safe="%/:@!$&'()*+,;=?~-._")
