"""Locust's statistics are the same whether its event was fired or not."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from locust import log
from locust import stats as locust_stats
from locust.env import Environment

from jobload.load.users import locust_feed
from jobload.load.users.locust_feed import LocustFeed

LABELS = ("POST /api/v1/jobs", "GET /api/v1/jobs", "GET /api/v1/jobs/{id}")


@pytest.fixture
def environments() -> Iterator[list[Any]]:
    """A fresh one each time it is asked for, at the same moment, with the runner's listener."""
    made: list[Any] = [Environment(), Environment()]
    with _clock(1_000.25):
        for environment in made:
            environment.create_local_runner()
            environment.stats.clear_all()
    yield made
    for environment in made:
        environment.runner.quit()


@contextmanager
def _clock(now_s: float) -> Iterator[None]:
    with (
        mock.patch.object(locust_feed, "time", return_value=now_s),
        mock.patch.object(locust_feed, "perf_counter", return_value=now_s - 900.0),
        mock.patch("locust.stats.time.time", return_value=now_s),
    ):
        yield


def _everything(environment: Any) -> Any:
    stats = environment.stats
    figures = {
        key: {k: v for k, v in vars(entry).items() if k != "stats"}
        for key, entry in [("total", stats.total), *stats.entries.items()]
    }
    for entry in figures.values():  # sums of the same numbers, in another order
        for name in ("total_response_time", "last_request_timestamp"):
            entry[name] = round(entry[name] or 0.0, 6)
    return figures, {key: error.to_dict() for key, error in stats.errors.items()}


def test_the_figures_are_those_of_the_event(environments: list[Any]) -> None:
    fired, fed = environments
    feed = LocustFeed(fed)
    draw = random.Random(1)
    now_s = 1_000.5
    with mock.patch.object(fed.events.request, "fire", side_effect=AssertionError("fired")):
        for turn in range(500):
            now_s += draw.choice([0.0, 0.001, 0.4, 1.0, 3.0])
            label = draw.choice(LABELS)
            method, _, name = label.partition(" ")
            us = Counter(int(draw.lognormvariate(11, 3)) for _ in range(draw.randrange(1, 9)))
            length = draw.randrange(5_000)
            with _clock(now_s):
                feed.begin(method, label)
                feed.succeeded(method, label, us, length, now_s - 900.0)
                for n, each in enumerate(us.elements()):
                    fired.events.request.fire(
                        request_type=method,
                        name=name,
                        response_time=each / 1e3,
                        response_length=0 if n else length,
                    )
                if turn in (100, 200):
                    fed.stats.reset_all()
                    fired.stats.reset_all()
    assert _everything(fed) == _everything(fired)
    assert fed.stats.total.num_requests > 100


def test_a_bucketing_of_the_users_own_is_followed(environments: list[Any]) -> None:
    _, fed = environments
    with mock.patch.object(locust_stats, "bucket_response_time", return_value=7):
        feed = LocustFeed(fed)
        feed.succeeded("GET", "GET /x", {1_234_000: 1}, 1, 1.0)
    assert dict(fed.stats.total.response_times) == {7: 1}


def test_another_listener_hears_of_every_request_and_locust_counts_it_once(
    environments: list[Any],
) -> None:
    _, fed = environments
    feed, heard = LocustFeed(fed), []
    feed.succeeded("GET", "GET /x", {1_000: 1}, 10, 1.0)
    fed.events.request.add_listener(lambda **told: heard.append(told))
    feed.succeeded("GET", "GET /x", {2_000: 1}, 20, 2.0)
    assert [told["response_time"] for told in heard] == [2.0]
    assert heard[0]["name"] == "/x"
    assert heard[0]["exception"] is None
    assert fed.stats.total.num_requests == 2
    assert fed.stats.get("/x", "GET").total_content_length == 30


def test_a_listener_that_takes_the_place_of_locusts_own_is_called(environments: list[Any]) -> None:
    _, fed = environments
    feed, heard = LocustFeed(fed), []
    feed.succeeded("GET", "GET /x", {1_000: 1}, 10, 1.0)
    fed.events.request._handlers[:] = [lambda **told: heard.append(told)]
    feed.succeeded("GET", "GET /x", {2_000: 1}, 20, 2.0)
    assert len(heard) == 1
    assert fed.stats.total.num_requests == 1


def test_a_failure_is_fired_with_its_kind(environments: list[Any]) -> None:
    _, fed = environments
    LocustFeed(fed).failed("GET", "GET /x", 2.0, 20, "http-503")
    assert fed.stats.total.num_failures == 1
    assert [error.error for error in fed.stats.errors.values()] == ["http-503"]


def test_statistics_that_can_not_be_kept_end_no_operation_and_no_run_as_a_pass(
    environments: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, fed = environments
    monkeypatch.setattr(log, "unhandled_greenlet_exception", False)
    feed = LocustFeed(fed)
    feed.begin("GET", "GET /x")
    with mock.patch.object(locust_stats, "bucket_response_time", side_effect=ValueError("mine")):
        feed.succeeded("GET", "GET /x", {1_000: 1}, 10, 1.0)
    assert log.unhandled_greenlet_exception
