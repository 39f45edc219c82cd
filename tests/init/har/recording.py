"""HAR recordings, as browsers write them, made entry by entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HOST = "http://api.example.org:8000"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlLW9m"


class Recording:
    def __init__(self, host: str = HOST) -> None:
        self._host = host
        self._entries: list[dict[str, Any]] = []
        self._now_ms = 0

    def add(
        self,
        request: str,
        reply: Any = None,
        *,
        status: int = 200,
        sent: Any = None,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
        reply_headers: dict[str, str] | None = None,
        reply_kind: str = "application/json",
        resource: str = "fetch",
        after_ms: int = 10,
    ) -> Recording:
        """`request` is a method and a target, or a whole address."""
        method, _, target = request.partition(" ")
        url = target if "://" in target or ":" in target.partition("/")[0] else self._host + target
        self._now_ms += after_ms
        entry: dict[str, Any] = {
            "startedDateTime": f"2026-03-01T10:00:{self._now_ms / 1000:06.3f}Z",
            "time": 5,
            "_resourceType": resource,
            "request": {"method": method, "url": url, "headers": _pairs(headers)},
            "response": {
                "status": status,
                "headers": _pairs(reply_headers),
                "content": {"mimeType": reply_kind, "text": _text(reply)},
            },
        }
        if sent is not None:
            entry["request"]["postData"] = {"mimeType": kind, "text": _text(sent)}
        self._entries.append(entry)
        return self

    def write(self, folder: Path, name: str = "recorded.har") -> str:
        file = folder / name
        log = {"version": "1.2", "creator": {"name": "test"}, "entries": self._entries}
        file.write_text(json.dumps({"log": log}))
        return str(file)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _pairs(headers: dict[str, str] | None) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in (headers or {}).items()]
