"""V1 to V14 and their like, shortened; in full length with `make verify`.

Here are those that can share the machine; see also test_known_truth_timed.py, and
test_known_truth_alone.py.
"""

from collections.abc import Iterator

import pytest

from e2e.claims import Ledger
from e2e.experiments.all import EXPERIMENTS
from e2e.experiments.attempts import SideBySide, each_of
from e2e.experiments.experiment import Experiment

STURDY = [each for each in EXPERIMENTS if each.sturdy]


@pytest.fixture(scope="module")
def side_by_side(
    full_length: bool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SideBySide]:
    folder = tmp_path_factory.mktemp("experiments")
    side_by_side = SideBySide(STURDY, folder, full_length=full_length)
    with side_by_side.background:
        yield side_by_side


@each_of(STURDY)
def test_known_truth(experiment: Experiment, side_by_side: SideBySide, ledger: Ledger) -> None:
    side_by_side.settle(experiment, ledger)
