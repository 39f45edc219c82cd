"""Runs made of figures that a test states: each second of each stage goes through the collector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from made_snapshot import snapshot

from jobload.measure.collector import Collector
from jobload.measure.failed_times import FailedTimes
from jobload.measure.figures import (
    EndReason,
    RunFigures,
    ScenarioFigures,
    StageFigures,
    stage_figures,
)
from jobload.measure.histogram import Histogram, middle_us
from jobload.measure.snapshot import StageKey, StageReport
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import Scenario, load_scenario
from jobload.plan.stage import Stage

RUN_ID = "20261122-110500-ab12cd"
ENDPOINT = "POST /api/v1/jobs"
UNDER_WAY_US = 5_000


@dataclass
class Beat:
    """What happens in one second of a stage. `ms` are the response times of the good ones, of which
    `own_ms` each is the generator's own.

    `missed` are planned for this second and find no user, now or later: until the stage ends they
    wait, and that is when they are counted. `in_flight` are begun in this second and never end:
    after the stage they are censored. `idle_s` is how long, in all, users were really free. What
    failed had lasted `failed_ms`; `given_up` are those that had no reply in `timeout_ms`. At its
    end `under_way` of the good ones of the next second have lasted for 5 ms. So many as `by_chance`
    are fewer than the rate comes to. What begins with a good one is followed for `followed_s`.
    """

    ms: Iterable[float] = ()
    own_ms: float = 0.0
    failed: int = 0
    failed_ms: float = 1.0
    given_up: int = 0
    timeout_ms: float = 2000.0
    missed: int = 0
    in_flight: int = 0
    followed_s: float = 0.0
    under_way: int = 0
    idle_s: float = 0.0
    by_chance: int = 0
    retries: int = 0
    late: int = 0
    censored: int = 0
    error: str = "http-500"
    endpoint: str = ENDPOINT
    cpu_s: float = 0.1
    stolen_s: float = 0.02


Beats = Callable[[Stage, int], Beat]
"""(stage, second of the stage) -> what happens in it."""


def steady(rps: int = 50, ms: float = 10.0, **fields: Any) -> Beats:
    return lambda stage, second: Beat(ms=[ms] * rps, **fields)


def planned(ms: float = 10.0) -> Beats:
    """Just as many arrivals as the plan has, evenly, each good."""

    def beats(stage: Stage, second: int) -> Beat:
        assert stage.rate_per_user is not None

        def by(time_s: float) -> float:
            share = time_s / stage.duration_s
            mean_users = stage.users_from + (stage.users_to - stage.users_from) * share / 2
            return mean_users * time_s * (stage.rate_per_user or 0)

        return Beat(ms=[ms] * (round(by(second + 1)) - round(by(second))))

    return beats


@dataclass
class MadeRun:
    """`end` gives the figures; what a test wants otherwise it changes before or after."""

    workers: tuple[str, ...] = ("w1",)
    end_reason: EndReason = "completed"
    end_detail: str = ""
    profile_only: bool = False
    collector: Collector = field(default_factory=lambda: Collector(RUN_ID))
    scenarios: list[ScenarioFigures] = field(default_factory=list)
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self._records: dict[str, dict[StageKey, StageRecord]] = {w: {} for w in self.workers}
        self._changed: set[StageKey] = set()
        self._seq = 0
        for worker in self.workers:
            self.collector.enroll(worker, 0.0)

    def play(
        self,
        scenario: Scenario,
        beats: Beats | Mapping[str, Beats],
        *,
        ended_early: str | None = None,
        only: Iterable[str] | None = None,
    ) -> ScenarioFigures:
        """Plays all stages of a scenario, or `only` those; each worker does the same."""
        position = len(self.scenarios)
        times: dict[StageKey, tuple[Stage, float, float]] = {}
        for index, stage in enumerate(scenario.stages()):
            if only is not None and stage.name not in only:
                continue
            of_stage = beats[stage.name] if isinstance(beats, Mapping) else beats
            began_s = self.now_s
            key = (position, index)
            for second in range(round(stage.duration_s)):
                self._second(key, stage, of_stage(stage, second))
            self._close(key)
            times[key] = (stage, began_s, self.now_s)
        self._report()
        figures = ScenarioFigures(
            position=position,
            repetition=1,
            scenario=scenario,
            stages=[self._figures(key, *found) for key, found in times.items()],
            ended_early=ended_early,
        )
        self.scenarios.append(figures)
        return figures

    def _figures(self, key: StageKey, stage: Stage, began_s: float, ended_s: float) -> StageFigures:
        figures = stage_figures(self.collector, key, stage, began_s, ended_s)
        # Tests change them, and the collector's own are to be read only.
        figures.record, figures.overall = figures.record.copy(), figures.overall.copy()
        return figures

    def _close(self, key: StageKey) -> None:
        """What waits is missed, and what is in flight ends as it may."""
        self._changed.add(key)
        for records in self._records.values():
            if (record := records.get(key)) is not None:
                record.missed, record.waiting = record.missed + record.waiting, 0
                endpoint = record.endpoint(ENDPOINT)
                endpoint.censored += endpoint.in_flight

    def _second(self, key: StageKey, stage: Stage, beat: Beat) -> None:
        for worker in self.workers:
            record = self._records[worker].setdefault(key, StageRecord())
            _age(record)
            _count(record, beat, round(self.now_s), stage.rate_per_user)
        self.now_s += 1
        self._changed.add(key)
        self._report(users=stage.users)

    def _report(self, *, users: int = 0, final: bool = False) -> None:
        """Of what has changed, as a process tells no more of stages that are over; or of all."""
        self._seq += 1
        for worker in self.workers:
            stages = [
                StageReport(key, record.copy())
                for key, record in self._records[worker].items()
                if final or key in self._changed
            ]
            self.collector.take(
                snapshot(
                    run_id=RUN_ID,
                    worker=worker,
                    seq=self._seq,
                    second=max(0, round(self.now_s) - 1),
                    obeyed=self._seq,
                    idle=final,
                    final=final,
                    users=users,
                    stages=stages,
                ),
                self.now_s,
            )
        self._changed.clear()

    def end(self) -> RunFigures:
        self._report(final=True)
        return RunFigures(
            run_id=RUN_ID,
            started_at="2026-11-22T11:05:00.000+00:00",
            duration_s=self.now_s,
            host="http://127.0.0.1:8000",
            mode="local",
            end_reason=self.end_reason,
            end_detail=self.end_detail,
            collector=self.collector,
            scenarios=self.scenarios,
            profile_only=self.profile_only,
        )


def _age(record: StageRecord) -> None:
    """What is unfinished has waited for one second more."""
    waits = record.unfinished
    record.unfinished, record.unfinished_lower = Histogram(), Histogram()
    for index, count in waits.counts.items():
        if middle_us(index) < 2 * UNDER_WAY_US:
            continue  # it has ended since
        record.not_ended(middle_us(index) / 1e6 + 1, count=count)


def _count(record: StageRecord, beat: Beat, second: int, per_user: float | None) -> None:
    times_us: Counter[int] = Counter()
    for ms, times in Counter(beat.ms).items():
        times_us[round(ms * 1000)] += times
    good = times_us.total()
    failed = beat.failed + beat.given_up
    operations = good + failed + beat.censored + beat.in_flight
    record.offered += operations + beat.missed
    record.started += operations
    record.late += beat.late
    if beat.followed_s:
        record.completion.followed += good
        record.other_use_us += round(beat.followed_s * 1e6) * good
    record.ended_good += good
    record.ended_bad += failed
    record.cpu_s += beat.cpu_s
    record.wall_s += 1.0
    record.stolen_s += beat.stolen_s
    record.waiting += beat.missed
    if beat.missed:
        record.unstarted[second] = beat.missed
        record.behind_us += round(beat.idle_s * 1e6)
    if beat.missed + beat.in_flight:
        record.not_ended(0.5, count=beat.missed + beat.in_flight)
    if beat.under_way:
        record.not_ended(UNDER_WAY_US / 1e6, count=beat.under_way)
    endpoint = record.endpoint(beat.endpoint)
    endpoint.started += operations
    endpoint.succeeded += good
    endpoint.failed += failed
    endpoint.censored += beat.censored
    endpoint.attempts += operations + beat.retries
    endpoint.retries += beat.retries
    own_us = round(beat.own_ms * 1000)
    for us, times in times_us.items():
        endpoint.response_time.record(us, times)
        endpoint.response_time_lower.record(us - own_us, times)
        endpoint.service_time.record((us - own_us) // 2, times)
        record.other_use_us += ((us - own_us) - (us - own_us) // 2) * times
    if per_user is None:
        record.user_us += (
            sum(us * times for us, times in times_us.items())
            - own_us * good
            + round(beat.idle_s * 1e6)
        )
    else:
        record.user_us += round((operations + beat.missed + beat.by_chance) / per_user * 1e6)
    for _ in range(beat.failed):
        endpoint.errors.add(beat.error, "HTTP 500 from the target")
        _note_failure(endpoint.unsuccessful.to("failed"), beat.failed_ms, own_us)
    for _ in range(beat.given_up):
        endpoint.errors.add("timeout", "no complete reply in time")
        _note_failure(endpoint.unsuccessful.to("given-up"), beat.timeout_ms, own_us)


def _note_failure(times: FailedTimes, ms: float, own_us: int) -> None:
    us = round(ms * 1000)
    times.add(us, us - own_us)
    times.service.record(us - own_us)


def light(**fields: Any) -> Scenario:
    return load_scenario(
        {"name": "light", "shape": "ramp", "users": 10, "ramp_up": "5s", "duration": "30s"}
        | {"rate": 50.0}
        | fields
    )


def spike() -> Scenario:
    return load_scenario(
        {"name": "spike", "shape": "spike", "users": 50, "rate": 200.0, "duration": "30s"}
        | {"baseline": {"users": 10, "rate": 40.0, "duration": "5s"}}
        | {"ramp_up": "2s", "recovery": "8s", "payload_bytes": 2048}
    )


def stress(**fields: Any) -> Scenario:
    return load_scenario(
        {"name": "stress", "shape": "step_stress", "users": [50, 100, 150, 200]}
        | {"rate_per_user": 3.0, "step": "20s", "ramp_up": "5s", "payload_bytes": 4096}
        | fields
    )


def endurance(duration: str = "120s") -> Scenario:
    return load_scenario(
        {"name": "endurance", "shape": "endurance", "users": 25, "rate": 100.0}
        | {"ramp_up": "15s", "duration": duration, "payload_bytes": 2048}
    )
