"""V1 to V14 and their like, shortened; in full length with `make verify`.

Here are those that can share the machine; see also test_known_truth_timed.py,
test_known_truth_workers.py and test_known_truth_alone.py.
"""

from e2e.claims import Ledger
from e2e.experiments.all import EXPERIMENTS
from e2e.experiments.attempts import SideBySide, each_of
from e2e.experiments.experiment import Experiment

EXPERIMENTS_HERE = [each for each in EXPERIMENTS if each.sturdy]
AT_ONCE = 2


@each_of(EXPERIMENTS_HERE)
def test_known_truth(experiment: Experiment, side_by_side: SideBySide, ledger: Ledger) -> None:
    side_by_side.settle(experiment, ledger)
