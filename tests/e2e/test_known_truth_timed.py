"""Known truths about milliseconds: what runs beside them gives way, but for one of their own.

Those of several workers are in test_known_truth_workers.py.
"""

import pytest

from e2e.claims import Ledger
from e2e.experiments.all import EXPERIMENTS
from e2e.experiments.attempts import SideBySide, each_of
from e2e.experiments.experiment import Experiment

pytestmark = pytest.mark.timed

TIMED = [each for each in EXPERIMENTS if not each.sturdy and not each.alone]
EXPERIMENTS_HERE = [each for each in TIMED if each.mode != "workers"]
AT_ONCE = 2


@each_of(EXPERIMENTS_HERE)
def test_known_truth(experiment: Experiment, side_by_side: SideBySide, ledger: Ledger) -> None:
    side_by_side.settle(experiment, ledger)
