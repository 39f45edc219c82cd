"""An experiment as a test: made again where the machine was busy, then settled."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from e2e.claims import Ledger
from e2e.experiments.experiment import Experiment
from e2e.machine import Watch

ATTEMPTS = 3
"""A measurement on a busy machine says nothing, so it is made again; on a quiet one it stands."""


def each_of(experiments: Iterable[Experiment]) -> pytest.MarkDecorator:
    """The mark of a test that takes one of them."""
    values = [
        pytest.param(e, id=str(e), marks=[pytest.mark.long] if e.long else []) for e in experiments
    ]
    return pytest.mark.parametrize("experiment", values)


def settle(experiment: Experiment, folder: Path, ledger: Ledger, full_length: bool) -> None:
    for attempt in range(ATTEMPTS):
        watch = Watch()
        claims = experiment.measure(folder / str(attempt), full_length)
        if claims.hold or watch.was_quiet:
            break
        claims.note(f"other programs took {watch.others_cores():.1f} cores")
    ledger.settle(claims)
