from __future__ import annotations

from math import ceil
from random import Random
from statistics import mean, median, stdev

import pytest
from made_histogram import histogram

from jobload.compare.bootstrap import Sample, middle, percentile_sample, rate_sample, ratio_interval
from jobload.measure.histogram import Histogram


@pytest.mark.parametrize("percent", [50.0, 99.0])
def test_the_draws_of_a_percentile_are_those_of_resampling_one_by_one(percent: float) -> None:
    random = Random(1)
    values = [random.randrange(1000) for _ in range(300)]
    drawn = percentile_sample(histogram(*values), percent, Random(2))
    assert drawn is not None
    slowly = []
    for _ in range(2000):
        again = sorted(random.choices(values, k=len(values)))
        slowly.append(again[ceil(len(again) * percent / 100) - 1] / 1e3)
    assert mean(drawn.draws) == pytest.approx(mean(slowly), rel=0.02)
    assert stdev(drawn.draws) == pytest.approx(stdev(slowly), rel=0.25)
    assert drawn.value == (histogram(*values).percentile_us(percent) or 0) / 1e3


def test_a_percentile_of_nothing_is_no_sample() -> None:
    assert percentile_sample(Histogram(), 99.0, Random(0)) is None


def test_a_single_value_has_no_other() -> None:
    drawn = percentile_sample(histogram(*[5000]), 99.0, Random(0))
    assert drawn is not None
    assert set(drawn.draws) == {5.0}


def test_an_even_rate_can_be_no_other_and_an_uneven_one_can() -> None:
    even = rate_sample(50.0, [[50] * 10, [200] * 5], Random(0))
    assert set(even.draws) == {50.0}
    uneven = rate_sample(50.0, [[0, 100] * 10], Random(0))
    assert mean(uneven.draws) == pytest.approx(50, rel=0.05)
    assert stdev(uneven.draws) == pytest.approx(50 / 20**0.5, rel=0.2)


def test_a_long_stage_is_resampled_in_blocks() -> None:
    """An hour of slow waves: taken second by second they would look like nothing."""
    waves = [40 if second // 60 % 2 else 60 for second in range(3600)]
    assert stdev(rate_sample(50.0, [waves], Random(0)).draws) > 1


def test_the_middle_is_the_median() -> None:
    assert middle([Sample(v, [v]) for v in (1.0, 9.0, 2.0)]) == 2.0
    assert middle([Sample(v, [v]) for v in (1.0, 2.0)]) == 1.5


def test_the_interval_of_certain_runs_reaches_from_extreme_to_extreme() -> None:
    base = [Sample(v, [v]) for v in (10.0, 11.0, 12.0)]
    new = [Sample(v, [v]) for v in (20.0, 21.0, 24.0)]
    interval = ratio_interval(base, new, 0.95, 0)
    assert interval is not None
    assert (interval.low, interval.high) == (20 / 12, 24 / 10)


def test_there_is_no_ratio_to_nothing() -> None:
    assert ratio_interval([Sample(0.0, [0.0])], [Sample(1.0, [1.0])], 0.95, 0) is None


@pytest.mark.parametrize("runs", [1, 2, 3, 4, 7])
def test_the_interval_is_that_of_resampling_runs_one_by_one(runs: int) -> None:
    random = Random(1)
    base, new = (
        [Sample(middle_of, [random.gauss(middle_of, 2) for _ in range(400)]) for _ in range(runs)]
        for middle_of in (100.0, 120.0)
    )
    slowly = sorted(_one_by_one(new, random) / _one_by_one(base, random) for _ in range(5000))
    interval = ratio_interval(base, new, 0.95, 0)
    assert interval is not None
    width = slowly[-126] - slowly[125]
    assert interval.low == pytest.approx(slowly[125], abs=0.1 * width)
    assert interval.high == pytest.approx(slowly[-126], abs=0.1 * width)


def _one_by_one(side: list[Sample], random: Random) -> float:
    return median(random.choice(random.choice(side).draws) for _ in side)
