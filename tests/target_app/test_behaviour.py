"""The script's arithmetic: what the tests of the tester rely on as known truth."""

import json
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_app.behaviour import Behaviour, Duration, Stalls, read_behaviour
from target_app.timeline import Timeline, elapse


def behaviour(**parts: Any) -> Behaviour:
    return read_behaviour(json.dumps(parts))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{", "JSON"),
        ('{"latnecy": {}}', "latnecy"),
        ('{"latency": {}}', "latency"),
        ('{"latency": {"ms": 1, "exponential_mean_ms": 1}}', "exactly one"),
        ('{"latency": {"ms": "20"}}', "latency.ms"),
        ('{"latency": {"ms": -1}}', "latency.ms"),
        ('{"latency": {"ms": NaN}}', "latency.ms"),
        ('{"latency": {"quantiles": [[0.9, 20]]}}', "end with 1"),
        ('{"latency": {"quantiles": [[0.9, 20], [0.5, 30], [1, 40]]}}', "increase"),
        ('{"errors": [{"status": 200, "share": 0.1}]}', "errors.0.status"),
        ('{"errors": [{"status": 500, "share": 0.6}, {"status": 503, "share": 0.6}]}', "exceed"),
        ('{"drops": {"before": 0.6, "after": 0.6}}', "exceed"),
        ('{"stalls": {"every_s": 1, "for_s": 1}}', "shorter"),
        ('{"limit": {"per_s": 0}}', "limit.per_s"),
        ('{"queue": {"service": {"ms": 1}, "servers": 0}}', "queue.servers"),
        ('{"seed": true}', "seed"),
    ],
)
def test_a_script_that_cannot_be_meant_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(ValueError, match=where):
        read_behaviour(text)


def test_quantiles_are_the_shares_that_were_asked_for() -> None:
    latency = behaviour(
        latency={"quantiles": [[0.9, 20], [0.99, 100], [0.999, 400], [1, 1500]]}
    ).latency
    assert latency
    random = Random(1)
    drawn = np.array([latency.draw_s(random) * 1000 for _ in range(200_000)])
    assert [np.mean(drawn == ms) for ms in (20, 100, 400, 1500)] == pytest.approx(
        [0.9, 0.09, 0.009, 0.001], rel=0.15
    )


def test_exponential_durations_have_their_mean_and_tail() -> None:
    random = Random(1)
    duration = Duration(exponential_mean_ms=5)
    drawn = np.array([duration.draw_s(random) for _ in range(100_000)])
    assert drawn.mean() == pytest.approx(0.005, rel=0.02)
    assert np.quantile(drawn, 0.99) == pytest.approx(0.005 * np.log(100), rel=0.03)


def arrivals_s(rate: float, number: int) -> list[float]:
    random, now = Random(7), 0.0
    return [now := now + random.expovariate(rate) for _ in range(number)]


def test_one_server_agrees_with_lindley_s_recursion() -> None:
    script = behaviour(seed=3, queue={"service": {"exponential_mean_ms": 5}})
    timeline = Timeline(script)
    arrivals = arrivals_s(160, 20_000)
    assert script.queue
    services = script.random("service")
    wait, before, expected = 0.0, arrivals[0], []
    service = 0.0
    for arrival in arrivals:
        wait = max(0.0, wait + service - (arrival - before))
        service, before = script.queue.service.draw_s(services), arrival
        expected.append(wait + service)
    found = [timeline.departure(arrival) for arrival in arrivals]
    responses = [departure - at for departure, at in zip(found, arrivals, strict=True) if departure]
    assert responses == pytest.approx(expected)
    assert np.mean(responses) == pytest.approx(0.025, rel=0.25)  # M/M/1


def test_several_servers_serve_as_many_at_once() -> None:
    timeline = Timeline(behaviour(queue={"service": {"ms": 10}, "servers": 3}))
    found = [timeline.departure(0.0) for _ in range(7)]
    assert found == pytest.approx([0.01] * 3 + [0.02] * 3 + [0.03])


def test_a_queue_of_100_a_second_offered_200_departs_at_100() -> None:
    timeline = Timeline(behaviour(queue={"service": {"ms": 10}}))
    departures = [timeline.departure(number / 200) for number in range(6000)]
    assert departures == pytest.approx([(number + 1) / 100 for number in range(6000)])


def test_a_full_queue_refuses_and_takes_again_when_there_is_room() -> None:
    timeline = Timeline(behaviour(queue={"service": {"ms": 100}, "max_waiting": 2}))
    assert [timeline.departure(0.0) for _ in range(4)] == pytest.approx([0.1, 0.2, 0.3, None])
    assert timeline.departure(0.15) == pytest.approx(0.4)


def test_a_queue_without_room_to_wait_serves_who_comes_when_it_is_free() -> None:
    timeline = Timeline(behaviour(queue={"service": {"ms": 100}, "max_waiting": 0}))
    assert timeline.departure(0.0) == pytest.approx(0.1)
    assert timeline.departure(0.05) is None
    assert timeline.departure(0.2) == pytest.approx(0.3)


def test_a_limit_lets_its_rate_through_and_refuses_the_rest() -> None:
    timeline = Timeline(behaviour(limit={"per_s": 100, "burst": 5}))
    served = [timeline.departure(number / 300) for number in range(3000)]
    assert 1000 <= sum(at is not None for at in served) <= 1005


def test_stalls_give_the_quantiles_of_a_server_that_stops_every_ten_seconds() -> None:
    timeline = Timeline(behaviour(latency={"ms": 2}, stalls={"every_s": 10, "for_s": 1}))
    arrivals = [10 + number / 200 for number in range(20_000)]  # the first stall begins at 10 s
    departures = [timeline.departure(at) for at in arrivals]
    waits = np.array([d - at for d, at in zip(departures, arrivals, strict=True) if d]) * 1000
    found = [np.quantile(waits, q) for q in (0.5, 0.95, 0.99, 0.999)] + [waits.mean()]
    assert found == pytest.approx([2, 501, 901, 991, 52], abs=6)


@given(
    st.floats(0, 100),
    st.floats(0, 50),
    st.floats(0.1, 20),
    st.floats(0.01, 0.99),
    st.floats(0, 30),
)
def test_the_time_that_passes_between_stalls_is_the_duration(
    from_s: float, duration_s: float, every_s: float, part: float, first_s: float
) -> None:
    stalls = Stalls(every_s=every_s, for_s=every_s * part, first_s=first_s)
    until_s = elapse(stalls, from_s, duration_s)

    def stood_still_s(to_s: float) -> float:
        cycles, rest_s = divmod(max(0.0, to_s - first_s), every_s)
        return cycles * stalls.for_s + min(rest_s, stalls.for_s)

    running_s = (until_s - from_s) - (stood_still_s(until_s) - stood_still_s(from_s))
    assert running_s == pytest.approx(duration_s, abs=1e-6)


def test_the_seed_decides_everything_and_parts_do_not_disturb_each_other() -> None:
    latency = {"exponential_mean_ms": 5}

    def departures(**parts: Any) -> list[float | None]:
        timeline = Timeline(behaviour(latency=latency, **parts))
        return [timeline.departure(0.0) for _ in range(50)]

    assert departures(seed=1) == departures(seed=1) != departures(seed=2)
    assert departures(seed=1) == departures(seed=1, limit={"per_s": 1e6, "burst": 100})
