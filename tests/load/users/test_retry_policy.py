from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from one_process import scenario

from jobload.load.http.reply import Reply
from jobload.load.http.retry_after import asked_wait_s
from jobload.load.users.retry_policy import RetryPolicy

REFERENCE = RetryPolicy.of(scenario())
POLITE = RetryPolicy.of(
    scenario(timeout="10s", retry={"times": 2, "status": [429, "5xx"], "after": "server"})
)
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def reply(status: int, *fields: str) -> Reply:
    head = "\r\n".join([f"HTTP/1.1 {status} Said", *fields])
    return Reply(status, b"", f"{head}\r\n\r\n".encode())


def date(after_s: float) -> str:
    return format_datetime(NOON + timedelta(seconds=after_s), usegmt=True)


def test_pauses_double_from_a_tenth_of_a_second() -> None:
    assert [REFERENCE.wait_s(retry, None) for retry in (1, 2, 3, 4)] == [0.1, 0.2, 0.4, None]


@pytest.mark.parametrize(
    ("status", "again"),
    [
        (500, True),
        (503, True),
        (599, True),
        (600, False),
        (499, False),
        (429, False),
        (404, False),
        (302, False),
        (200, False),
    ],
)
def test_network_errors_and_5xx_are_tried_again_and_nothing_else(status: int, again: bool) -> None:
    asked = reply(status, "Retry-After: 7")
    assert REFERENCE.wait_s(1, asked) == (0.1 if again else None)


@pytest.mark.parametrize(
    ("status", "fields", "wait_s"),
    [
        (429, ["Retry-After: 7"], 7.0),
        (503, ["retry-after: 0"], 0.0),
        (429, ["Retry-After: 10"], 10.0),
        (429, ["Retry-After: 11"], None),
        (429, [], 0.1),
        (500, ["Retry-After: soon"], 0.1),
        (500, ["Retry-After: -1"], 0.1),
        (429, [f"Date: {date(0)}", f"Retry-After: {date(4)}"], 4.0),
        (429, [f"Date: {date(0)}", f"Retry-After: {date(-4)}"], 0.0),
        (429, [f"Date: {date(0)}", f"Retry-After: {date(3600)}"], None),
        (404, ["Retry-After: 7"], None),
    ],
)
def test_who_obeys_the_server_waits_as_it_asks_up_to_the_scenario_s_timeout(
    status: int, fields: list[str], wait_s: float | None
) -> None:
    assert POLITE.wait_s(1, reply(status, *fields)) == wait_s


def test_a_network_error_has_no_server_to_obey() -> None:
    assert [POLITE.wait_s(retry, None) for retry in (1, 2, 3)] == [0.1, 0.2, None]


def test_a_date_counts_from_now_where_the_target_tells_no_date_of_its_own() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    asked_s = asked_wait_s(reply(503, f"Retry-After: {soon}"))
    assert asked_s == pytest.approx(100, abs=5)


@pytest.mark.parametrize(
    "odd", ["", "9" * 400, "Sat, 99 Nov 2026", "\xff", "1e9", "Sat, 28 Nov 99999999 12:00:00 GMT"]
)
def test_odd_words_are_no_traceback(odd: str) -> None:
    asked_wait_s(Reply(503, b"", f"HTTP/1.1 503 X\r\nRetry-After: {odd}\r\n\r\n".encode("latin-1")))
