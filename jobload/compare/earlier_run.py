"""A run that has ended, as its result.json tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from jobload.judge.checks.check import Baseline
from jobload.judge.stretches.reading import read
from jobload.judge.stretches.stretch import Stretch
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.measure.stage_record import bare_name


@dataclass(frozen=True, slots=True, eq=False)
class PastStage:
    """The seconds are those that lie in the stage as a whole, with all operations that ended in
    them, and the good ones. `endpoints` are all requests of a name, or else the operations of that
    name."""

    name: str
    judged: bool
    whole: Stretch
    endpoints: Mapping[str, Sequence[Stretch]]
    ended_by_second: Sequence[int]
    good_by_second: Sequence[int]

    def part(self, endpoint: str | None) -> Stretch:
        """That of an endpoint, by its whole name or without the method."""
        if endpoint is None:
            return self.whole
        named = self.endpoints.items()
        found = self.endpoints.get(endpoint) or [
            part for name, parts in named if bare_name(name) == endpoint for part in parts
        ]
        return replace(merged(found), seconds=self.whole.seconds) if found else Stretch()


@dataclass(frozen=True, slots=True, eq=False)
class PastScenario:
    """Once for each of its repetitions."""

    name: str
    configuration: Mapping[str, object]
    cut_off: str | None
    stages: Sequence[PastStage]

    @property
    def judged_stages(self) -> list[PastStage]:
        return [stage for stage in self.stages if stage.judged]


@dataclass(frozen=True, slots=True, eq=False)
class PastRun:
    """`distrust` is what it is, where its figures can't be trusted; `target_version` is None when
    the target did not tell it. `made_by` are the machine and versions that made the load."""

    run_id: str
    distrust: str | None
    workers: int
    target_version: str | None
    scenarios: Sequence[PastScenario]
    made_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(scenario.name for scenario in self.scenarios))

    def repetitions(self, name: str) -> list[PastScenario]:
        return [scenario for scenario in self.scenarios if scenario.name == name]

    def stages(self, name: str, stage: str | None = None) -> list[PastStage]:
        """The judged ones of a scenario, or the one that is named; those of all repetitions."""
        return [
            found
            for scenario in self.repetitions(name)
            for found in scenario.stages
            if (found.judged if stage is None else found.name == stage)
        ]


def baseline_of(run: PastRun) -> Baseline:
    """What each check would have read in that run."""

    def value(spec: CheckSpec) -> float | None:
        stages = run.stages(spec.scenario, spec.stage)
        reading = read(spec, merged(stage.part(spec.endpoint) for stage in stages))
        return reading.value if reading.samples >= spec.min_samples else None

    return value


def merged(parts: Iterable[Stretch]) -> Stretch:
    whole = Stretch()
    for part in parts:
        whole.merge(part)
    return whole
