"""verify/history_power.py: both readings of the noise, and what Apache Otava says of the same."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from verify.history_power import OTAVA, SERIES, likeliest

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(700)]
SCRIPT = Path(__file__).parents[2] / "verify/history_power.py"


def test_a_step_is_found_and_no_more_than_that(full_length: bool) -> None:
    options = [] if full_length else ["--without-otava"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options], capture_output=True, text=True, timeout=690
    )
    print(done.stdout)
    lines = [line for line in done.stdout.splitlines() if line.startswith("history")]
    found = [re.search(r": (\d+) of 100 steps .* (\d+) false alarms", line) for line in lines]
    (within, alarms), (normal, alarms_of_normal) = [
        (int(each[1]), int(each[2])) for each in found if each
    ]
    assert within >= 90
    assert normal >= 60
    assert max(alarms, alarms_of_normal) <= 1
    assert done.returncode == 0, done.stdout + done.stderr
    assert SERIES == 100
    if full_length:
        assert done.stdout.count(OTAVA) == 2


def test_the_likeliest_place_of_a_step_without_noise_is_its_own() -> None:
    assert likeliest((1.0,) * 13 + (2.0,) * 27) == 13
