"""V1 to V14 and their like, shortened; in full length with `make verify`.

Here are those that can share the machine; see also test_known_truth_timed.py, and
test_known_truth_alone.py.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from e2e.claims import Ledger
from e2e.experiments.all import EXPERIMENTS
from e2e.experiments.attempts import each_of, settle
from e2e.experiments.experiment import Experiment
from e2e.waiting import Background, Job

STURDY = [each for each in EXPERIMENTS if each.sturdy]


@pytest.fixture(scope="module")
def under_way(full_length: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    jobs: dict[str, Job] = {}
    if not full_length:
        folder = tmp_path_factory.mktemp("experiments")
        jobs = {
            str(each): partial(each.measure, folder / str(each), full_length=False)
            for each in STURDY
            if not each.long
        }
    with Background(jobs, at_once=2) as background:
        yield background


@each_of(STURDY)
def test_known_truth(
    experiment: Experiment,
    under_way: Background,
    tmp_path: Path,
    ledger: Ledger,
    full_length: bool,
) -> None:
    name = str(experiment)
    if name in under_way and (claims := under_way[name]).hold:
        ledger.settle(claims)
    else:
        settle(experiment, tmp_path, ledger, full_length)
