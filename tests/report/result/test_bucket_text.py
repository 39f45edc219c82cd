from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_histogram import histogram

from jobload.measure.duration_counts import MAX_US
from jobload.measure.histogram import Histogram
from jobload.report.result.bucket_text import bucket_text, histogram_of
from jobload.report.result.stage_figures import latency


@given(st.lists(st.integers(0, MAX_US), max_size=200))
def test_a_histogram_survives_being_written(samples_us: list[int]) -> None:
    before = histogram(*samples_us)
    after = histogram_of(bucket_text(before), latency(before))
    assert after.counts == before.counts
    assert (after.min_us, after.max_us) == (before.min_us, before.max_us)
    if samples_us:
        assert after.mean_us == pytest.approx(before.mean_us, abs=1)


def test_the_text_names_each_bucket_with_its_count() -> None:
    assert bucket_text(histogram(7, 7, 900, 1024, 1025, 2048)) == "7:2 900:1 1024:2 1536:1"


@pytest.mark.parametrize(
    "text",
    ["7:0", "-1:3", "99999999:1", "7:x", "seven:1", "7", "6:1 900:1", "7:1 900:1 5000:1"],
)
def test_a_text_that_is_no_histogram_of_these_times_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        histogram_of(text, latency(histogram(7, 900)))


def test_buckets_without_times_are_refused() -> None:
    with pytest.raises(ValueError, match="no mean"):
        histogram_of("7:1", latency(Histogram()))
