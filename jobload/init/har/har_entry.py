"""One exchange of a HAR recording, as far as it says what was sent and what came back."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlsplit

import orjson

from jobload.init.loose_data import listed, mapping, text_of
from jobload.init.recorded_request import RecordedRequest, host_of


@dataclass(slots=True)
class HarEntry:
    request: RecordedRequest
    status: int
    reply_headers: list[tuple[str, str]]
    reply_kind: str
    """Its media type, without parameters."""
    reply_text: str
    started: datetime | None
    time_ms: float
    resource: str
    """As Chrome calls it: xhr, fetch, document, script, … ; empty in other recordings."""
    lost_body: str = ""
    """Why what was sent is not known whole, if it is not."""

    @property
    def title(self) -> str:
        return f"{self.request.method} {self.request.url.path or '/'}"

    @property
    def host(self) -> str:
        return host_of(self.request.url)

    @property
    def reply_json(self) -> Any:
        """None if it is none."""
        if not self.reply_text:
            return None
        try:
            return orjson.loads(self.reply_text)
        except orjson.JSONDecodeError:
            return None


def har_entry(node: Any) -> HarEntry | None:
    """None where it is not one that can be read at all."""
    sent, reply = mapping(mapping(node).get("request")), mapping(mapping(node).get("response"))
    try:
        url = urlsplit(text_of(sent.get("url")))
    except ValueError:
        return None
    method, headers = text_of(sent.get("method")).upper(), _headers(sent)
    if not method.isalpha() or not url.scheme:
        return None
    body, lost = _body(mapping(sent.get("postData")), headers)
    content = mapping(reply.get("content"))
    status = reply.get("status")
    return HarEntry(
        RecordedRequest(method, url, headers, body),
        status if isinstance(status, int) else 0,
        _headers(reply),
        text_of(content.get("mimeType")).partition(";")[0].strip().lower(),
        _reply_text(content),
        _instant(node.get("startedDateTime")),
        _duration_ms(node.get("time")),
        text_of(node.get("_resourceType")).lower(),
        lost,
    )


def _headers(holder: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (text_of(each.get("name")), text_of(each.get("value")))
        for each in map(mapping, listed(holder.get("headers")))
        if text_of(each.get("name"))
    ]


def _body(data: dict[str, Any], headers: list[tuple[str, str]]) -> tuple[str | None, str]:
    """What was sent, and why it is not known whole."""
    if not data:
        return None, ""
    kind = text_of(data.get("mimeType"))
    if kind and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", kind))
    if (text := text_of(data.get("text"))) or not listed(data.get("params")):
        is_binary = "multipart/form-data" in kind and "filename=" in text
        return text, "the files that it sent are not in the recording" if is_binary else ""
    if "urlencoded" in kind:
        return "&".join(_pair(mapping(each)) for each in listed(data["params"])), ""
    return None, f"its body of {kind or 'an unknown kind'} is not in the recording"


def _pair(parameter: dict[str, Any]) -> str:
    """Some browsers write parameters as they were sent, others decoded."""
    name, value = text_of(parameter.get("name")), text_of(parameter.get("value"))
    return f"{_quoted(name)}={_quoted(value)}"


def _quoted(text: str) -> str:
    return quote_plus(unquote_plus(text)) if "%" in text else quote_plus(text)


def _reply_text(content: dict[str, Any]) -> str:
    text = text_of(content.get("text"))
    if content.get("encoding") != "base64":
        return text
    try:
        return base64.b64decode(text, validate=False).decode("utf-8", "replace")
    except ValueError:
        return ""


def _instant(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text_of(value))
    except ValueError:
        return None


def _duration_ms(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 1e9 else 0.0
