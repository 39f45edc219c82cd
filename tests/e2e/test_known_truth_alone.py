"""Known truths about microseconds and cores: nothing runs beside them but one of their own."""

import pytest

from e2e.claims import Ledger
from e2e.experiments.all import EXPERIMENTS
from e2e.experiments.attempts import SideBySide, each_of
from e2e.experiments.experiment import Experiment

pytestmark = pytest.mark.alone

ALONE = [each for each in EXPERIMENTS if each.alone]
EXPERIMENTS_HERE = [each for each in ALONE if not each.busy]
AT_ONCE = 2


@each_of(ALONE)
def test_known_truth(experiment: Experiment, side_by_side: SideBySide, ledger: Ledger) -> None:
    side_by_side.settle(experiment, ledger)
