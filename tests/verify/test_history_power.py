"""verify/history_power.py: both readings of the noise; make verify asks Apache Otava as well."""

from __future__ import annotations

import pytest

from verify.history_power import NOISES, generated, likeliest, main, measure

pytestmark = [pytest.mark.slow, pytest.mark.processes]


SOME = 60


def test_a_step_is_found_where_it_can_be_and_no_more_than_that() -> None:
    within, deviation = (measure(noise, generated(draw)[:SOME]) for noise, draw in NOISES.items())
    assert within.series == deviation.series == SOME / 2
    assert within.placed >= 0.9 * SOME / 2
    assert deviation.found >= 0.6 * SOME / 2
    assert deviation.placed_by_likelihood < 0.9 * SOME / 2
    assert within.false_alarms == deviation.false_alarms == 0
    assert within.holds
    assert deviation.holds


def test_the_likeliest_place_of_a_step_without_noise_is_its_own() -> None:
    assert likeliest((1.0,) * 13 + (2.0,) * 27) == 13


def test_without_otava_a_sentence_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verify.history_power.SERIES", 5)
    monkeypatch.setattr("verify.history_power.OTAVA", "no-such-thing @ file:///nowhere")
    main([])
    assert capsys.readouterr().out.endswith("could not be installed, so nothing is said of it.\n")
