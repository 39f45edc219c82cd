from __future__ import annotations

from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest
from locust.rpc import Message
from locust.stats import RequestStats, StatsError

from jobload.lifecycle.port.worker_messages import MOST_NAMES, read_message
from jobload.lifecycle.worker.sendable_statistics import make_sendable


class Unwritable:
    def __str__(self) -> str:
        raise RuntimeError


def taken(stats: RequestStats) -> Any:
    """What a master takes of it."""
    report: dict[str, Any] = {
        "stats": stats.serialize_stats(),
        "stats_total": stats.total.get_stripped_report(),
        "errors": stats.serialize_errors(),
        "user_classes_count": {},
        "user_count": 0,
    }
    make_sendable(report)
    sender, message = read_message([b"w1", Message("stats", report, "w1").serialize()])
    assert sender == "w1"
    return message.data


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/items", "/items"),
        ("half a \ud800", "half a ?"),
        (7, "7"),
        (None, "None"),
        (b"\xff", r"b'\xff'"),
        (Unwritable(), "Unwritable"),
        ("n" * 10_000, "n" * 200),
    ],
)
def test_whatever_a_request_is_called_it_is_shown(name: Any, shown: str) -> None:
    stats = RequestStats()
    stats.log_request("RPC", name, 5, 10)
    stats.errors["key"] = StatsError("RPC", name, "it is not \ud800 there", 1, 1.0, 2.0)
    told = taken(stats)
    assert [entry["name"] for entry in told["stats"]] == [shown]
    assert told["stats"][0]["num_requests"] == told["stats_total"]["num_requests"] == 1
    assert told["errors"]["key"]["name"] == shown
    assert told["errors"]["key"]["error"] == "it is not ? there"


@pytest.mark.parametrize(
    ("length", "sent"),
    [(10, 10), (2.5, 2.5), (10**30, 2**53), (-5, 0), (nan, 0), (inf, 2**53), (Decimal(3), 3)],
)
def test_a_length_that_can_not_be_sent_is_none(length: Any, sent: float) -> None:
    stats = RequestStats()
    stats.log_request("RPC", "call", 5, 10)
    stats.total.total_content_length = stats.entries["call", "RPC"].total_content_length = length
    told = taken(stats)
    assert told["stats_total"]["total_content_length"] == sent
    assert told["stats"][0]["total_content_length"] == sent


def test_of_names_without_end_some_are_sent_and_the_total_of_all() -> None:
    stats = RequestStats()
    for number in range(3 * MOST_NAMES):
        stats.log_request("GET", f"/items/{number}", 5, 10)
    told = taken(stats)
    assert len(told["stats"]) == MOST_NAMES
    assert told["stats_total"]["num_requests"] == 3 * MOST_NAMES
