"""An experiment as a test: made again where the machine was busy, then settled."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import pytest

from e2e.claims import Ledger
from e2e.experiments.experiment import Experiment
from e2e.machine import Watch
from e2e.waiting import Background, Job

ATTEMPTS = 3
"""A measurement on a busy machine says nothing, so it is made again; on a quiet one it stands."""


class SideBySide:
    """Experiments mostly wait, so they are made beside each other at first, in short. One whose
    claims do not hold there is settled by itself."""

    def __init__(
        self,
        experiments: Sequence[Experiment],
        folder: Path,
        *,
        full_length: bool,
        at_once: int,
    ) -> None:
        self._folder, self._full_length = folder, full_length
        jobs: dict[str, Job] = {
            str(each): partial(each.measure, folder / str(each), full_length=False)
            for each in (() if full_length else experiments)
            if not each.long
        }
        self.background = Background(jobs, at_once=at_once)

    def settle(self, experiment: Experiment, ledger: Ledger) -> None:
        name = str(experiment)
        if name in self.background and (claims := self.background[name]).hold:
            ledger.settle(claims)
        else:
            self.background.join()
            settle(experiment, self._folder / f"{name} by itself", ledger, self._full_length)


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
