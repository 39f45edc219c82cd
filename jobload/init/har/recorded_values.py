"""What a request has sent, and what a reply has given, with the way to capture it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jobload.init.har.har_entry import HarEntry
from jobload.init.recorded_request import RecordedRequest, host_of
from jobload.init.template_text import json_path_text

_MOST_VALUES = 5_000
_DEEPEST = 12
_ID = re.compile(
    r"(^|[_-])(id|uuid|guid|key|no|nr|number|ref|reference|code|token|slug|cursor|handle|etag|name)$"
    r"|[a-z](Id|ID|Uuid|UUID|Key|No|Number|Ref|Code|Token|Slug|Cursor|Name)$",
    re.IGNORECASE,
)
_SAYS_LITTLE = {
    *("id", "uuid", "guid", "key", "name", "value", "ref", "href", "url", "code", "number"),
}
_WRAPPERS = {"data", "result", "results", "item", "items", "response", "payload", "body", "links"}
_USUAL_HEADERS = {
    *("date", "server", "content-type", "content-length", "content-encoding", "connection", "age"),
    *("vary", "set-cookie", "cache-control", "expires", "keep-alive", "transfer-encoding", "allow"),
    *("last-modified", "accept-ranges", "strict-transport-security", "alt-svc", "via", "pragma"),
    *("content-security-policy", "referrer-policy", "x-frame-options", "x-content-type-options"),
    *("x-xss-protection", "permissions-policy", "content-language", "etag", "retry-after"),
}
_INPUT = re.compile(r"<input\b[^>]*>|<meta\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*("[^"]*"|'[^']*')""")


@dataclass(frozen=True, slots=True)
class ReplyValue:
    value: Any
    capture: str
    """As in `$.id`, `header:location` or `regex:…`."""
    name: str
    """What the reply calls it."""
    is_id: bool
    is_of_new_thing: bool = False
    """Whether a POST was answered with it."""

    @property
    def clumsiness(self) -> tuple[int, int]:
        """The place in a list is the worst way to find a value."""
        return self.capture.count("["), len(self.capture)


def sent_values(request: RecordedRequest) -> Iterator[Any]:
    for segment in request.url.path.split("/"):
        yield unquote(segment)
    yield from (value for _, value in parse_qsl(request.url.query))
    for _, header in request.headers:
        yield header
        yield header.partition(" ")[2]
    if (data := request.json) is not None:
        yield from (value for _, value in scalars(data))
    else:
        yield from (value for _, value in request.form or ())


def reply_values(entry: HarEntry) -> Iterator[ReplyValue]:
    for keys, value in scalars(entry.reply_json):
        names = [key for key in keys if isinstance(key, str)]
        is_id = not names or bool(_ID.search(names[-1]))
        is_new = entry.request.method == "POST"
        yield ReplyValue(value, json_path_text(keys), _called(entry, names), is_id, is_new)
    for name, value in entry.reply_headers:
        lower = name.lower()
        if lower not in _USUAL_HEADERS and not lower.startswith("access-control-"):
            yield ReplyValue(value, f"header:{lower}", lower, bool(_ID.search(lower)))
    if "html" in entry.reply_kind:
        yield from _fields_of_page(entry.reply_text)


def _called(entry: HarEntry, names: list[str]) -> str:
    """`$.user.id` as user_id, and `$.id` of what /jobs answers as job_id."""
    name = names[-1] if names else "id"
    if name.lower() not in _SAYS_LITTLE:
        return name
    around = [each for each in names[:-1] if each.lower() not in _WRAPPERS]
    parts = [part for part in entry.request.url.path.split("/") if part.isalpha()]
    thing = (around or parts or [""])[-1]
    return f"{thing.removesuffix('s')}_{name}" if thing else name


def scalars(value: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Texts, numbers and truths in it, with the keys that lead there; so many at most."""
    return islice(_walked(value, ()), _MOST_VALUES)


def _walked(node: Any, at: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if len(at) > _DEEPEST:
        return
    if isinstance(node, dict | list):
        for key, each in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _walked(each, (*at, key))
    elif node is not None:
        yield at, node


def _fields_of_page(text: str) -> Iterator[ReplyValue]:
    """Of hidden inputs and meta elements, such as those that hold a token of a form."""
    for tag in _INPUT.finditer(text):
        pairs = {name.lower(): (name, quoted) for name, quoted in _ATTRIBUTE.findall(tag[0])}
        named, held = pairs.get("name"), pairs.get("value") or pairs.get("content")
        if named and held and len(held[1]) > 2:
            key = re.escape(f"{named[0]}={named[1]}")
            quote = held[1][0]
            if tag[0].find(named[0]) < tag[0].find(held[0]):
                pattern = f"{key}[^>]*\\b{held[0]}={quote}([^{quote}]*)"
            else:
                pattern = f"\\b{held[0]}={quote}([^{quote}]*){quote}[^>]*{key}"
            yield ReplyValue(held[1][1:-1], f"regex:{pattern}", named[1][1:-1], True)


def target_of(value: str, host: str) -> str | None:
    """The path and query that an address leads to, if it is one on this host."""
    try:
        url = urlsplit(value)
    except ValueError:
        return None
    if url.scheme and host_of(url) != host:
        return None
    if not url.path.startswith("/") or value.startswith("//"):
        return None
    return f"{url.path}?{url.query}" if url.query else url.path
