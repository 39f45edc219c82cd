"""The stages of a scenario of a run, as far as they are known."""

from __future__ import annotations

from collections.abc import Sequence

from jobload.live.live_run import LiveRun
from jobload.measure.figures import RunFigures
from jobload.plan.stage import Stage


def known_stages(run: LiveRun, figures: RunFigures, position: int) -> Sequence[Stage]:
    """As planned; of a search that goes on those that have begun: the others are not known yet."""
    if position <= run.position and figures.scenarios[position].search is not None:
        return [stage.stage for stage in figures.scenarios[position].stages]
    return run.setup.scenarios[position].stages()
