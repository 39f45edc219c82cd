"""A tally's samples come out in the histograms as they would have gone in one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from locust.env import Environment

from jobload.load.users import tally as tally_module
from jobload.load.users.locust_feed import LocustFeed
from jobload.load.users.tally import Tally
from jobload.measure.duration_counts import MOST_DIFFERENT
from jobload.measure.histogram import Histogram
from jobload.measure.stage_record import EndpointRecord, StageRecord

MICROSECONDS = st.integers(0, 5_000_000).map(lambda us: (us + 0.5) / 1e6)
"""Of whole ones nobody knows on which side of them a float lies."""


def made(feed: LocustFeed | None = None) -> tuple[Tally, StageRecord, EndpointRecord]:
    stage = StageRecord()
    endpoint = stage.endpoint("GET /x")
    return Tally(stage, "GET", "GET /x", feed, endpoint), stage, endpoint


def histogram(seconds: list[float]) -> Histogram:
    times = Histogram()
    for each in seconds:
        times.record(int(each * 1e6))
    return times


@given(st.lists(st.tuples(MICROSECONDS, MICROSECONDS, MICROSECONDS, st.booleans())))
def test_each_sample_is_in_each_histogram_once(
    samples: list[tuple[float, float, float, bool]],
) -> None:
    tally, _, endpoint = made()
    service_s, upper_s, lower_s = [], [], []
    for service, beyond, lower, is_plain in samples:
        service_s.append(service)
        upper_s.append(service + beyond)
        lower_s.append(service if is_plain else min(lower, service + beyond))
        if tally.add(1.0, service, service + beyond, service if is_plain else lower, 0):
            tally.flush()
    tally.flush()
    assert endpoint.service_time == histogram(service_s)
    assert endpoint.response_time == histogram(upper_s)
    assert endpoint.response_time_lower == histogram(lower_s)


@given(st.lists(st.tuples(MICROSECONDS, MICROSECONDS)))
def test_a_completion_time_is_never_below_its_lower_one(samples: list[tuple[float, float]]) -> None:
    tally, stage, _ = made()
    for upper_s, lower_s in samples:
        tally.add_completion(upper_s, lower_s)
    tally.flush()
    assert stage.completion.time == histogram([upper_s for upper_s, _ in samples])
    assert stage.completion.time_lower == histogram([min(pair) for pair in samples])


def test_replies_whose_arrival_nobody_knows_are_counted_apart() -> None:
    tally, stage, _ = made()
    for lag_s in (-1.0, 0.0000205, 0.0000205, -1.0, 0.3):
        tally.add_lag(lag_s)
    tally.flush()
    assert stage.unstamped == 2
    assert stage.read_lag == histogram([0.0000205, 0.0000205, 0.3])


def test_it_wants_to_be_flushed_before_it_holds_much() -> None:
    tally, _, endpoint = made()
    spread = [(n + 0.5) / 1e6 for n in range(MOST_DIFFERENT)]
    wanted = [tally.add(1.0, s, s, s, 0) for s in spread]
    assert wanted == [False] * (MOST_DIFFERENT - 1) + [True]
    assert not endpoint.response_time.counts


def test_locust_has_each_second_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally_module, "time", lambda: 2_000.5)
    monkeypatch.setattr(tally_module, "perf_counter", lambda: 10.0)
    monkeypatch.setattr("jobload.load.users.locust_feed.time", lambda: 2_000.5)
    monkeypatch.setattr("jobload.load.users.locust_feed.perf_counter", lambda: 10.0)
    environment: Any = Environment()
    environment.create_local_runner()
    tally, _, _ = made(LocustFeed(environment))
    for ended_s in (10.0, 10.4999, 10.5, 11.4, 11.6):
        tally.add(ended_s, 0.002, 0.002, 0.002, 7)
    tally.flush()
    entry = environment.stats.get("/x", "GET")
    assert dict(entry.num_reqs_per_sec) == {2_000: 2, 2_001: 2, 2_002: 1}
    assert entry.total_content_length == 35
    assert entry.total_response_time == pytest.approx(10.0)
    environment.runner.quit()


def test_who_listens_from_now_on_hears_of_each_when_all_of_it_is_counted() -> None:
    environment, heard = Environment(), []
    tally, _, endpoint = made(LocustFeed(environment))
    environment.events.request.add_listener(
        lambda **told: heard.append((told["response_time"], endpoint.service_time.count))
    )
    for n in (1, 2):
        assert tally.add(1.0, 0.0025 * n, 0.0025 * n, 0.0025 * n, 7)
        assert len(heard) == n - 1
        tally.flush()
    assert heard == [(2.5, 1), (5.0, 2)]
