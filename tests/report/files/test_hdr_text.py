from __future__ import annotations

import random
from itertools import pairwise

import pytest
from made_histogram import histogram

from jobload.measure.histogram import Histogram
from jobload.report.files.hdr_text import hdr_text, spectrum


def rows(text: str) -> list[list[float]]:
    lines = [line for line in text.splitlines()[2:] if line and not line.startswith("#")]
    return [[float(part) for part in line.split()] for line in lines]


def test_one_sample_is_the_whole_of_it() -> None:
    assert hdr_text(histogram(5000)) == (
        "       Value     Percentile TotalCount 1/(1-Percentile)\n"
        "\n"
        "       5.000 1.000000000000          1\n"
        "#[Mean    =        5.000, StdDeviation   =        0.500]\n"
        "#[Max     =        5.000, Total count    =            1]\n"
        "#[Buckets =            1, SubBuckets     =          512]\n"
    ).replace("0.500]", f"{abs(5003.5 - 5000) / 1e3:.3f}]")


def test_an_empty_histogram_has_only_head_and_foot() -> None:
    text = hdr_text(Histogram())
    assert rows(text) == []
    assert "Total count    =            0" in text


def test_rows_rise_up_to_the_maximum_and_the_count() -> None:
    chance = random.Random(3)
    made = histogram(*(int(chance.lognormvariate(9, 1)) for _ in range(20_000)))
    found = rows(hdr_text(made))
    for earlier, later in pairwise(found):
        assert later[0] >= earlier[0]
        assert later[1] > earlier[1]
        assert later[2] >= earlier[2]
    assert found[-1] == [pytest.approx(made.max_us / 1e3), 1.0, 20_000]


def test_a_row_holds_the_percentile_it_states() -> None:
    found = [*spectrum(histogram(*range(1, 1001)))]
    assert found
    for value_ms, percent, reached in found:
        assert reached == pytest.approx(value_ms * 1000)
        assert reached / 1000 >= percent / 100 - 1e-9


def test_the_last_column_is_one_over_the_rest() -> None:
    for row in rows(hdr_text(histogram(*range(1, 1001)))):
        if len(row) == 4:
            assert row[3] == pytest.approx(1 / (1 - row[1]), abs=0.006, rel=1e-6)


def test_rows_are_denser_towards_the_end() -> None:
    percents = [percent for _, percent, _ in spectrum(histogram(*range(1, 100_001)))]
    assert percents[:3] == [0.0, 10.0, 20.0]
    assert 55.0 in percents
    assert 77.5 in percents
    assert any(99.9 < percent < 99.99 for percent in percents)
