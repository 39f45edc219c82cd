import pytest

from bench.evenness import evenness


def flat(*pairs: tuple[float, float]) -> list[float]:
    return [at_s for pair in pairs for at_s in pair]


def test_starts_on_time_are_even() -> None:
    starts = flat(*((at / 20, at / 20) for at in range(20)))
    found = evenness(starts, 20.0, -0.01, 0.99)
    assert (found.rate_error_percent, found.deviation, found.lateness_max_ms) == (0, 0, 0)


def test_a_bunch_of_starts_is_not() -> None:
    """Two planned for each 100 ms; four begin in the first and none in the second."""
    starts = flat((0.0, 0.05), (0.05, 0.05), (0.1, 0.05), (0.15, 0.05))
    found = evenness(starts, 20.0, 0.0, 0.2)
    assert found.deviation == pytest.approx(2)
    assert found.rate_error_percent == pytest.approx(0)


def test_the_rate_is_off_by_what_is_lacking() -> None:
    starts = flat((0.01, 0.01), (0.06, 0.06), (0.11, 0.11))
    assert evenness(starts, 20.0, 0.0, 0.2).rate_error_percent == pytest.approx(-25)


def test_lateness_is_start_minus_plan_by_nearest_rank() -> None:
    starts = flat(*((0.0, late_ms / 1e3) for late_ms in range(100)))
    found = evenness(starts, 1000.0, 0.0, 0.1)
    assert found.lateness_p50_ms == pytest.approx(50)
    assert found.lateness_p99_ms == pytest.approx(99)
    assert found.lateness_max_ms == pytest.approx(99)


def test_what_starts_outside_the_measured_stretch_does_not_count() -> None:
    starts = flat((0.0, 0.0), (1.0, 1.0), (2.0, 2.05), (2.1, 2.1), (3.0, 3.9))
    assert evenness(starts, 10.0, 2.0, 2.2).lateness_max_ms == pytest.approx(50)
