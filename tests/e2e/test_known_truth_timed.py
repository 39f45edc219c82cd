"""Known truths about milliseconds: what runs beside them gives way, but for one of their own."""

from collections.abc import Iterator

import pytest

from e2e.claims import Ledger
from e2e.experiments.all import EXPERIMENTS
from e2e.experiments.attempts import SideBySide, each_of
from e2e.experiments.experiment import Experiment

pytestmark = pytest.mark.timed

TIMED = [each for each in EXPERIMENTS if not each.sturdy and not each.alone]


@pytest.fixture(scope="module")
def side_by_side(
    full_length: bool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SideBySide]:
    folder = tmp_path_factory.mktemp("experiments")
    side_by_side = SideBySide(TIMED, folder, full_length=full_length, at_once=3)
    with side_by_side.background:
        yield side_by_side


@each_of(TIMED)
def test_known_truth(experiment: Experiment, side_by_side: SideBySide, ledger: Ledger) -> None:
    side_by_side.settle(experiment, ledger)
