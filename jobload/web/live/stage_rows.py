"""The table of stages: those that ran, the one that runs, and those to come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from jobload.judge.cause import NOTHING, Diagnosis
from jobload.judge.diagnosis import diagnosis
from jobload.judge.stretches.windows import first_second
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.live.known_stages import known_stages
from jobload.live.live_checks import checks_of
from jobload.live.live_run import LiveRun
from jobload.measure.figures import RunFigures, StageFigures
from jobload.measure.histogram import Histogram
from jobload.measure.stage_record import EndpointRecord, StageRecord
from jobload.plan.counted import counted
from jobload.plan.stage import Stage
from jobload.report.result.stage_model import Diagnosis as ResultDiagnosis
from jobload.report.text.search_text import SILENT
from jobload.report.text.shown_figures import NONE, seconds_text, share_text, tenths_text

STAGE_COLUMNS = {
    "scenario": "Scenario",
    "stage": "Stage",
    "state": "State",
    "users": "Users",
    "offered": "Offered/s",
    "started": "Started/s",
    "completed": "Done/s",
    "missed": "Missed",
    "errors": "Errors",
    "p50": "p50 ms",
    "p95": "p95 ms",
    "p99": "p99 ms",
    "retries": "Retries",
    "diagnosis": "Diagnosis",
}
RECENT_S = 3


def stage_rows(run: LiveRun) -> list[dict[str, str]]:
    """Counts and times of the whole stage so far; rates of the last three seconds while it runs."""
    whole = run.figures()
    figures = {stage.key: stage for stage in whole.stages}
    running = (run.position, run.stage_index) if run.phase == "load" else None
    rows = []
    for key, name, stage in _known(run, whole):
        of_stage = figures.get(key)
        row = _row(name, stage, of_stage, key == running, run)
        rows.append(row | {"diagnosis": _diagnosis(run, whole, of_stage, key, key == running)})
        rows += [] if of_stage is None else map(_step_row, of_stage.record.steps.items())
    return rows


def diagnosis_lines(rows: Sequence[dict[str, str]]) -> list[str]:
    """As in the report: of each stage that something is wrong with, else one for all of them."""
    fine = _sentence(NOTHING)
    told = [row for row in rows if row["diagnosis"] not in ("", NONE)]
    troubled = [row for row in told if not row["diagnosis"].endswith(fine)]
    lines = [f"{row['scenario']}, {row['stage']}: {row['diagnosis']}" for row in troubled]
    return lines or [fine for _ in told[:1]]


def _step_row(named: tuple[str, EndpointRecord]) -> dict[str, str]:
    """Below its stage: what was asked so far, and how long it took."""
    name, step = named
    failed_percent = 100 * step.failed / step.finished if step.finished else None
    return dict.fromkeys(STAGE_COLUMNS, "") | {
        "stage": f"· {name}",
        "state": counted(step.attempts, "request"),
        "errors": share_text(failed_percent, 2),
        **_times(step.response_time),
        "retries": f"{step.retries:,}",
    }


def _diagnosis(
    run: LiveRun,
    whole: RunFigures,
    figures: StageFigures | None,
    key: tuple[int, int],
    running: bool,
) -> str:
    if figures is not None and _is_silent(whole, figures):
        return NONE
    if run.result is None:
        if figures is None:
            return NONE
        so_far = "so far " if running else ""
        return so_far + _sentence(_live_diagnosis(run, whole, figures, running))
    scenarios = run.result.scenarios
    stages = scenarios[key[0]].stages if key[0] < len(scenarios) else []
    found = stages[key[1]].diagnosis if key[1] < len(stages) else None
    return NONE if found is None else _sentence(found)


def _is_silent(whole: RunFigures, stage: StageFigures) -> bool:
    """Of a search, between two of its steps."""
    return whole.scenarios[stage.key[0]].search is not None and stage.name.startswith(SILENT)


def _live_diagnosis(
    run: LiveRun, whole: RunFigures, stage: StageFigures, running: bool
) -> Diagnosis:
    """Checks that read seconds have a look of their own at each of them, which would cost more with
    each hour here."""
    scenario = whole.scenarios[stage.key[0]]
    checks = [c for c in checks_of(run, whole, scenario.name) if not _reads_seconds(c)]
    if running:
        stage = replace(stage, ended_s=max(stage.started_s, whole.told_until_s))
    return diagnosis(scenario, stage, checks, is_over=not running)


def _reads_seconds(spec: CheckSpec) -> bool:
    return spec.is_windowed or bool(spec.grace_s)


def _sentence(found: Diagnosis | ResultDiagnosis) -> str:
    return " ".join(filter(None, (f"{found.sentence}.", found.advice)))


def _known(run: LiveRun, figures: RunFigures) -> Iterator[tuple[tuple[int, int], str, Stage]]:
    for position, scenario in enumerate(run.setup.scenarios):
        for index, stage in enumerate(known_stages(run, figures, position)):
            yield (position, index), scenario.name, stage


def _row(
    scenario: str, stage: Stage, figures: StageFigures | None, running: bool, run: LiveRun
) -> dict[str, str]:
    row = dict.fromkeys(STAGE_COLUMNS, NONE) | {"scenario": scenario, "stage": stage.name}
    if figures is None:
        state = "to come" if run.result is None else "not run"
        return row | {"state": state, "users": _users_text(stage)}
    offered, started, completed = _recent(figures, run.elapsed_s) if running else _average(figures)
    return row | {
        "state": _state(figures, run.elapsed_s) if running else "done",
        "users": f"{_users_now(run)}" if running else _users_text(stage),
        "offered": tenths_text(None if stage.rate_per_user is None else offered),
        "started": tenths_text(started),
        "completed": tenths_text(completed),
        "missed": f"{figures.record.missed:,}",
        "errors": share_text(figures.error_rate_percent, 2),
        **_times(figures.overall.response_time),
        "retries": f"{figures.overall.retries:,}",
    }


def _state(figures: StageFigures, elapsed_s: float) -> str:
    in_stage_s = max(0.0, elapsed_s - figures.started_s)
    return f"running, {in_stage_s:.0f} of {seconds_text(figures.stage.duration_s)}"


def _users_text(stage: Stage) -> str:
    same = stage.users_from == stage.users_to
    return f"{stage.users_to}" if same else f"{stage.users_from}–{stage.users_to}"


def _users_now(run: LiveRun) -> int:
    at_work = [worker.at_work for worker in run.collector.workers.values()]
    return sum(snapshot.users for snapshot in at_work if snapshot is not None)


Rates = tuple[float | None, float | None, float | None]


def _recent(figures: StageFigures, elapsed_s: float) -> Rates:
    """Of whole seconds that every process has told about; None before the first."""
    last_s = int(elapsed_s) - 1
    seconds = min(RECENT_S, last_s - first_second(figures))
    return _rates(figures.window(last_s - seconds, seconds), seconds)


def _average(figures: StageFigures) -> Rates:
    return _rates(figures.record, figures.duration_s)


def _rates(record: StageRecord, seconds: float) -> Rates:
    if seconds <= 0:
        return None, None, None
    ended = record.ended_good + record.ended_bad
    return record.offered / seconds, record.started / seconds, ended / seconds


def _times(of: Histogram) -> dict[str, str]:
    found = map(_milliseconds, of.percentiles_us([50, 95, 99]))
    return dict(zip(("p50", "p95", "p99"), found, strict=True))


def _milliseconds(us: float | None) -> str:
    if us is None:
        return NONE
    ms = us / 1e3
    return f"{ms:,.0f}" if ms >= 100 else tenths_text(ms)
