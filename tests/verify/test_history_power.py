"""verify/history_power.py: both readings of the noise; make verify asks Apache Otava as well."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from verify.history_power import NOISES, generated, likeliest, main, measure, otava

pytestmark = pytest.mark.slow


def test_a_step_is_found_where_it_can_be_and_no_more_than_that() -> None:
    within, deviation = (measure(noise, generated(draw)) for noise, draw in NOISES.items())
    assert within.placed >= 90
    assert deviation.placed >= 60
    assert deviation.placed_by_likelihood < 90
    assert max(within.false_alarms, deviation.false_alarms) <= 1
    assert within.holds
    assert deviation.holds


def test_the_likeliest_place_of_a_step_without_noise_is_its_own() -> None:
    assert likeliest((1.0,) * 13 + (2.0,) * 27) == 13


def test_without_otava_a_sentence_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> list[list[int]]:
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr("verify.history_power.otava", fails)
    assert main([]) == 0
    assert capsys.readouterr().out.count("could not be had, so nothing is said of it") == 2


def test_a_broken_environment_of_otava_is_an_error_that_is_told(tmp_path: Path) -> None:
    python = tmp_path / "otava/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(subprocess.SubprocessError):
        otava(generated(NOISES["within 3 %"])[:1], tmp_path)
