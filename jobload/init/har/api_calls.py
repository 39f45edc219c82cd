"""Which exchanges of a recording are calls of the API, and why the others are not."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from jobload.init.draft import Draft
from jobload.init.har.har_entry import HarEntry
from jobload.init.har.recorded_values import reply_values, sent_values
from jobload.plan.flow.step import METHODS

_ASSETS = {
    *("css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "avif", "bmp"),
    *("woff", "woff2", "ttf", "otf", "eot", "mp3", "mp4", "webm", "ogg", "wasm", "webmanifest"),
}
_ASSET_RESOURCES = {"stylesheet", "script", "image", "font", "media", "texttrack", "manifest"}
_ASSET_KINDS = ("image/", "font/", "audio/", "video/", "text/css")
_SCRIPT_KINDS = {"application/javascript", "text/javascript", "application/x-javascript"}
_PAGE = "they are pages"
_SHORTEST_VALUE = 6


def api_calls(entries: list[HarEntry], draft: Draft) -> list[HarEntry]:
    """In the order in which they were sent, all to one host; what is left out goes to the draft."""
    kept = []
    for number, entry in enumerate(entries):
        reason = _why_not(entry)
        if reason == _PAGE and _gives_a_value(entry, entries[number + 1 :]):
            reason = None
        if reason:
            draft.leave_out(reason, entry.title)
        else:
            kept.append(entry)
    return _of_one_host(kept, draft)


def _gives_a_value(page: HarEntry, later: list[HarEntry]) -> bool:
    """Such as the token of a form, which the request that sends the form must have."""
    given = {str(each.value) for each in reply_values(page) if each.capture.startswith("regex:")}
    long = {value for value in given if len(value) >= _SHORTEST_VALUE}
    calls = (entry for entry in later if _why_not(entry) is None)
    return any(value in long for entry in calls for value in sent_values(entry.request))


def _why_not(entry: HarEntry) -> str | None:
    if entry.request.url.scheme not in ("http", "https"):
        return f"they are no HTTP requests ({entry.request.url.scheme})"
    if entry.status == 101 or entry.resource == "websocket":
        return "they are web sockets"
    if entry.request.method.lower() not in METHODS:
        return f"{entry.request.method} is no method of a step"
    if entry.request.method == "OPTIONS" and entry.request.header("access-control-request-method"):
        return "the browser asks by itself whether it may (CORS)"
    if _is_asset(entry):
        return "they are files of a page"
    if _is_page(entry):
        return _PAGE
    if entry.resource == "eventsource" or entry.reply_kind == "text/event-stream":
        return "they are streams of events"
    if entry.status < 100:
        return "they had no reply in the recording"
    if entry.status >= 400:
        return f"they failed in the recording ({entry.status})"
    return entry.lost_body or None


def _is_asset(entry: HarEntry) -> bool:
    if entry.request.method not in ("GET", "HEAD"):
        return False
    suffix = PurePosixPath(entry.request.url.path).suffix.lstrip(".").lower()
    kind = entry.reply_kind
    named = suffix in _ASSETS and "json" not in kind
    by_kind = kind.startswith(_ASSET_KINDS) or kind in _SCRIPT_KINDS
    return entry.resource in _ASSET_RESOURCES or named or by_kind


def _is_page(entry: HarEntry) -> bool:
    """A redirect is none: where it leads may hold what a later request needs."""
    if entry.request.method != "GET" or (300 <= entry.status < 400 and entry.status != 304):
        return False
    return entry.resource == "document" or entry.reply_kind in (
        "text/html",
        "application/xhtml+xml",
    )


def _of_one_host(entries: list[HarEntry], draft: Draft) -> list[HarEntry]:
    counts = Counter(entry.host for entry in entries)
    if not counts:
        return []
    (draft.host, _), *_ = counts.most_common(1)
    for entry in entries:
        if entry.host != draft.host:
            draft.leave_out(f"they go to another host than {draft.host}", _whole(entry))
    return [entry for entry in entries if entry.host == draft.host]


def _whole(entry: HarEntry) -> str:
    return f"{entry.request.method} {entry.host}{entry.request.url.path}"
