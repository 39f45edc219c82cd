"""Of the arrivals of the last seconds, some may be under way; more than those are a queue."""

from __future__ import annotations

from itertools import cycle
from math import sqrt
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis.strategies import floats, lists
from made_run import Beat, MadeRun, light
from virtual_run import Answer, virtual_run

from jobload.judge.stretches.stretch import of_window
from jobload.judge.stretches.under_way import Usual, most_under_way, usual
from jobload.judge.stretches.windows import windows
from jobload.measure.figures import ScenarioFigures
from jobload.plan.scenario import load_scenario
from jobload.plan.stage import Stage


def played(came: dict[int, int], took_ms: tuple[float, ...], left: int = 0) -> ScenarioFigures:
    """2/s, but for the seconds of the hold in which others `came`: it lasts from 5 to 30 s of the
    run, and each tenth second of it leaves `left`."""

    def beats(stage: Stage, second: int) -> Beat:
        count = came.get(second, 2) if stage.judged else 2
        under_way = left if stage.judged and second % 10 == 9 else 0
        times = [took_ms[nth % len(took_ms)] for nth in range(count)]
        return Beat(ms=times, by_chance=2 - count, under_way=under_way)

    return MadeRun().play(light(rate=2.0, arrivals="poisson"), beats)


@pytest.mark.parametrize(
    ("came", "took_ms", "most"),
    [
        ({}, (300.0,), 1 + 0.6 + 3 * sqrt(2 * 0.3 * 0.7)),
        ({9: 6}, (300.0,), 1 + 1.8 + 3 * sqrt(6 * 0.3 * 0.7)),
        ({9: 0}, (300.0,), 1),
        ({9: 6}, (1500.0,), 1 + 6 + 1 + 3 * sqrt(2 * 0.5 * 0.5)),
        ({9: 0, 8: 6}, (1500.0,), 1 + 3 + 3 * sqrt(6 * 0.5 * 0.5)),
        # Ten at the beginning say so much less of the mean, the more they differ.
        ({9: 10}, (100.0, 900.0), 1 + 5 + 3 * sqrt(10 * 0.5 * 0.5 + 5**2 * 0.64 / 10)),
    ],
)
def test_it_hangs_on_how_many_came_so_long_before(
    came: dict[int, int], took_ms: tuple[float, ...], most: float
) -> None:
    stage = played(came, took_ms).judged_stages[0]
    assert most_under_way(stage, usual(stage), 15) == pytest.approx(most, rel=0.01)


def test_before_a_stage_has_begun_none_of_it_came() -> None:
    stage = played({0: 4}, (3000.0,)).judged_stages[0]
    assert most_under_way(stage, usual(stage), 6) == pytest.approx(1 + 4)


def test_what_came_in_the_part_of_a_second_that_a_stage_began_in_counts_too() -> None:
    stage = played({}, (300.0,)).judged_stages[0]
    stage.started_s = 5.6
    most = 1 + 1.5 + 3 * sqrt(2 * 0.75 * 0.25)
    assert most_under_way(stage, usual(stage), 6) == pytest.approx(most, rel=0.01)


def test_a_part_of_a_second_has_what_came_in_it() -> None:
    stage = played({10: 3}, (200.0,)).judged_stages[0]
    most = 1 + 1.5 + 3 * sqrt(3 * 0.5 * 0.5)
    assert most_under_way(stage, usual(stage), 15.4) == pytest.approx(most, rel=0.01)


@given(floats(0.0, 100.0), floats(0.01, 1.0), lists(floats(0.0, 200.0), min_size=1))
def test_a_share_is_no_more_than_all(from_s: float, span_s: float, times_s: list[float]) -> None:
    """Else what chance adds to it had no root."""
    known = Usual(1.0, tuple(times_s), len(times_s))
    share = known.share_that_takes(from_s, from_s + span_s)
    each = (min(1.0, max(0.0, (t - from_s) / span_s)) for t in times_s)
    assert 0 <= share <= 1
    assert share == pytest.approx(fmean(each), abs=1e-6)


@pytest.mark.parametrize(
    ("came", "took_ms", "behind"),
    [
        # A group that comes as the window ends is no queue; by the rate 2.9 would be under way.
        ({5: 2, 6: 1, 7: 1, 8: 1, 9: 5}, 300.0, 0.0),
        # One is where hardly any came, of which 4.2 would be.
        ({8: 0, 9: 1}, 550.0, 4 - 1 - 0.55 - 3 * sqrt(0.55 * 0.45)),
    ],
)
def test_whether_four_are_a_queue_is_told_by_what_came(
    came: dict[int, int], took_ms: float, behind: float
) -> None:
    window = windows(played(came, (took_ms,), left=4).judged_stages[0], 5, 10)[0]
    assert of_window(window).behind == pytest.approx(behind, rel=0.01)


@pytest.mark.parametrize("shape", [{}, {"for": "5s"}])
def test_a_queue_from_before_a_stage_is_not_how_long_operations_usually_take(
    shape: dict[str, str],
) -> None:
    """It does 6 of 10/s; seven seconds pass until the first of the stage ends."""
    free_s = 0.0

    def serial(at_s: float) -> Answer:
        nonlocal free_s
        free_s = max(free_s, at_s) + 1 / 6
        return Answer(free_s - at_s)

    of_each = {"users": 150, "rate": 10}
    stages = [
        {"name": "before", "duration": "10s", "judged": False, **of_each},
        {"name": "hold", "duration": "15s", **of_each},
    ]
    plan = {"name": "light", "shape": "staged", "payload_bytes": 10, "timeout": "30s"}
    limit = {"metric": "throughput", "expect": ">= 9/s", **shape}
    verdict, _ = virtual_run(load_scenario({**plan, "stages": stages}), serial, [limit])
    assert verdict.checks[0].status == "FAIL"


@pytest.mark.parametrize("shape", [{}, {"for": "5s"}])
def test_the_wait_for_a_free_user_is_not_how_long_operations_take(shape: dict[str, str]) -> None:
    """Two do 16 of 20/s."""
    of_each = {"duration": "6s", "users": 2, "rate": 20}
    stages = [{"name": "before", "judged": False, **of_each}, {"name": "hold", **of_each}]
    plan = {"name": "light", "shape": "staged", "payload_bytes": 10, "stages": stages}
    limit = {"metric": "throughput", "expect": ">= 19/s", **shape}
    verdict, _ = virtual_run(load_scenario(plan), lambda _: Answer(0.125), [limit])
    assert verdict.checks[0].status == "FAIL"


@pytest.mark.parametrize("shape", [{}, {"for": "5s"}])
def test_without_a_rate_what_is_under_way_is_not_chance(shape: dict[str, str]) -> None:
    """20 users do 60 operations of 2.7 s in ten seconds, and have begun 20 more."""
    stages = [{"name": "hold", "duration": "10s", "users": 20}]
    plan = {"name": "light", "shape": "staged", "payload_bytes": 10, "stages": stages}
    limit = {"metric": "throughput", "expect": ">= 7/s", **shape}
    verdict, _ = virtual_run(load_scenario(plan), lambda _: Answer(2.7), [limit])
    assert verdict.checks[0].status == "FAIL"


@pytest.mark.parametrize(("rate", "lasts_s"), [(10, 3), (10, 5), (20, 8)])
def test_a_short_stage_is_not_its_own_yardstick(rate: int, lasts_s: int) -> None:
    """It does 7 of 10."""
    free_s = 0.0

    def serial(at_s: float) -> Answer:
        nonlocal free_s
        free_s = max(free_s, at_s) + 1 / (0.7 * rate)
        return Answer(free_s - at_s)

    stages = [{"name": "hold", "duration": f"{lasts_s}s", "users": 200, "rate": rate}]
    plan = {"name": "light", "shape": "staged", "payload_bytes": 10, "stages": stages}
    limit = {"metric": "throughput", "expect": f">= {0.95 * rate}/s"}
    verdict, _ = virtual_run(load_scenario(plan), serial, [limit])
    assert verdict.checks[0].status == "FAIL"


@pytest.mark.parametrize("after_s", [0.01, 0.6, 1.4, 2.9])
def test_nor_are_the_quick_ones_of_its_half(after_s: float) -> None:
    """Each third takes a tenth as long."""
    stages = [{"name": "hold", "duration": "4s", "users": 200, "rate": 20}]
    plan = {"name": "light", "shape": "staged", "payload_bytes": 10, "stages": stages}
    limit = {"metric": "throughput", "expect": ">= 19/s"}
    times = cycle((after_s, after_s, after_s / 10))
    verdict, _ = virtual_run(load_scenario(plan), lambda _: Answer(next(times)), [limit])
    assert verdict.checks[0].status == "PASS"
