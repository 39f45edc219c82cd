"""Locust's statistics of a worker, in the form in which a master takes them.

They hold what clients of somebody's own say of their requests: names may be anything, even half a
character, and there may be one for each request; lengths and times may be no numbers. Locust 2.47
would try to send that for nine seconds, and then never end the process. No verdict reads them.
"""

from __future__ import annotations

from typing import Any

from jobload.lifecycle.port.worker_messages import MOST_NAMES
from jobload.load.own_users.failure import text_of
from jobload.load.own_users.known_names import showable

MOST = 2.0**53
LONGEST_ERROR = 2000
NUMBERS = (
    "total_response_time",
    "max_response_time",
    "min_response_time",
    "total_content_length",
)


def make_sendable(report: dict[str, Any]) -> None:
    """To be called when Locust's own listener has put them in."""
    report["stats"] = [_entry(entry) for entry in report["stats"][:MOST_NAMES]]
    report["stats_total"] = _entry(report["stats_total"])
    errors = [*report["errors"].items()][:MOST_NAMES]
    report["errors"] = {key: _error(error) for key, error in errors}


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    return _named(entry) | {key: _number(entry[key]) for key in NUMBERS}


def _error(error: dict[str, Any]) -> dict[str, Any]:
    text = text_of(error["error"])[:LONGEST_ERROR]
    return _named(error) | {"error": text.encode("utf-8", "replace").decode()}


def _named(part: dict[str, Any]) -> dict[str, Any]:
    return part | {key: showable(text_of(part[key])) for key in ("name", "method")}


def _number(value: Any) -> Any:
    """None is none of them."""
    if value is None:
        return None
    try:
        return min(max(0.0, float(value)), MOST) if value == value else 0.0
    except OverflowError:
        return MOST
    except Exception:
        return 0.0
