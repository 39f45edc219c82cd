"""V1 to V14 and their like, shortened; in full length with `make verify`."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from e2e.claims import Ledger
from e2e.experiments.all import EXPERIMENTS
from e2e.experiments.experiment import Experiment
from e2e.machine import Watch
from e2e.waiting import Background, Job

ATTEMPTS = 3
"""A measurement on a busy machine says nothing, so it is made again; on a quiet one it stands."""


@pytest.fixture(scope="module")
def under_way(full_length: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    """Short ones that can share the machine are run two at a time."""
    jobs: dict[str, Job] = {}
    if not full_length:
        folder = tmp_path_factory.mktemp("experiments")
        jobs = {
            str(each): partial(each.measure, folder / str(each), full_length=False)
            for each in EXPERIMENTS
            if each.sturdy
        }
    with Background(jobs, at_once=2) as background:
        yield background


@pytest.mark.parametrize(
    "experiment",
    [pytest.param(e, id=str(e), marks=[pytest.mark.long] if e.long else []) for e in EXPERIMENTS],
)
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
        return
    for attempt in range(ATTEMPTS):
        watch = Watch()
        claims = experiment.measure(tmp_path / str(attempt), full_length)
        if claims.hold or watch.was_quiet:
            break
        claims.note(f"other programs took {watch.others_cores():.1f} cores")
    ledger.settle(claims)
