"""How long a reply asks to wait: the header Retry-After, in seconds or as a date."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from jobload.load.http.reply import Reply


def asked_wait_s(reply: Reply) -> float | None:
    """None when it asks for none, or in words that nobody knows."""
    asked = reply.header(b"retry-after")
    if asked is None:
        return None
    if asked.isdigit():
        return float(asked[:9])
    until = _date(asked)
    if until is None:
        return None
    # By the target's own clock where it tells it: the two may differ.
    now = _date(reply.header(b"date")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _date(header: bytes | None) -> datetime | None:
    try:
        date = parsedate_to_datetime((header or b"").decode("ascii"))
    except (ValueError, TypeError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
