"""Known truths about milliseconds: what runs beside them gives way."""

from pathlib import Path

import pytest

from e2e.claims import Ledger
from e2e.experiments.all import EXPERIMENTS
from e2e.experiments.attempts import each_of, settle
from e2e.experiments.experiment import Experiment

pytestmark = pytest.mark.timed


@each_of(each for each in EXPERIMENTS if not each.sturdy and not each.alone)
def test_known_truth(
    experiment: Experiment, tmp_path: Path, ledger: Ledger, full_length: bool
) -> None:
    settle(experiment, tmp_path, ledger, full_length)
