"""What is wrong with a stage while the run goes on: of what is known by then."""

from __future__ import annotations

from dataclasses import replace

from jobload.judge.cause import Diagnosis
from jobload.judge.diagnosis import diagnosis
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.live.live_run import LiveRun
from jobload.measure.figures import RunFigures, StageFigures


def live_diagnosis(
    run: LiveRun, figures: RunFigures, stage: StageFigures, running: bool
) -> Diagnosis:
    """Checks that read seconds have a look of their own at each of them, which would cost more with
    each hour here."""
    scenario = figures.scenarios[stage.key[0]]
    checks = [c for c in run.setup.checks.get(scenario.name, ()) if not _reads_seconds(c)]
    if running:
        heard_s = min((worker.heard_s for worker in figures.workers), default=stage.ended_s)
        stage = replace(stage, ended_s=max(stage.started_s, heard_s))
    return diagnosis(scenario, stage, checks, is_over=not running)


def _reads_seconds(spec: CheckSpec) -> bool:
    return spec.is_windowed or bool(spec.grace_s)
