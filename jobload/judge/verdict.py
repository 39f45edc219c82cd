"""The verdict of a run: PASS, FAIL, or INVALID when the measurement can't be trusted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from jobload.judge.answers.answers import Answers, answers_of
from jobload.judge.answers.audited import AuditOutcome, judge_audit
from jobload.judge.cause import UNTOLD, Diagnosis
from jobload.judge.checks.check import Baseline, evaluate, evaluate_stages
from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.checks.window_log import WindowLog
from jobload.judge.diagnosis import diagnoses, worst_diagnosis
from jobload.judge.exit_code import exit_code_of
from jobload.judge.status import CheckStatus, RunStatus
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.validity.finding import ValidityCheck
from jobload.judge.validity.validity import validity
from jobload.measure.figures import RunFigures, ScenarioFigures, StageFigures

A_PROFILE_NEEDS = {"completed", "no-crash", "measured", "workers-complete", "counts-reconciled"}
"""A profile judges nothing, so a generator at its limit or late does it no harm."""


@dataclass(frozen=True, slots=True)
class ScenarioVerdict:
    name: str
    status: RunStatus
    checks: list[CheckOutcome]
    answers: Answers
    audit: AuditOutcome | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    """Of each stage, in order."""

    @property
    def diagnosis(self) -> Diagnosis:
        """The gravest."""
        found = worst_diagnosis(self.diagnoses)
        return UNTOLD if found.cause == "none" and self.status == "FAIL" else found

    @property
    def recovery_s(self) -> float | None:
        recovery = self.answers.recovery
        return recovery.seconds if recovery is not None else None


@dataclass(frozen=True, slots=True)
class RunVerdict:
    status: RunStatus
    exit_code: int
    validity: list[ValidityCheck]
    scenarios: list[ScenarioVerdict]


def judge(
    run: RunFigures,
    checks: Mapping[str, Sequence[CheckSpec]],
    baseline: Baseline | None = None,
    log: WindowLog | None = None,
) -> RunVerdict:
    """`checks` by name of scenario; `log` is what was read in windows while the run went on."""
    log = log or WindowLog()
    found = [
        _Findings.of(
            scenario, () if run.profile_only else checks.get(scenario.name, ()), baseline, log
        )
        for scenario in run.scenarios
    ]
    trust = validity(
        run,
        {f.scenario.position for f in found if f.explains_early_end},
        {f.scenario.position for f in found if "FAIL" in f.that_decide},
    )
    status = _status(trust, [s for f in found for s in f.that_decide], run.profile_only)
    return RunVerdict(
        status=status,
        exit_code=exit_code_of(status, run.end_reason),
        validity=trust,
        scenarios=[f.verdict(trust, run.profile_only) for f in found],
    )


def _status(
    trust: Iterable[ValidityCheck], decisive: Collection[CheckStatus], profile_only: bool
) -> RunStatus:
    """Compromised, then proven breach, then undecided."""
    compromised = {check.id for check in trust if check.status == "FAIL"}
    if profile_only:
        return "INVALID" if compromised & A_PROFILE_NEEDS else "PROFILED"
    if compromised:
        return "INVALID"
    if "FAIL" in decisive:
        return "FAIL"
    return "INVALID" if "INSUFFICIENT" in decisive else "PASS"


@dataclass(frozen=True, slots=True)
class _Findings:
    scenario: ScenarioFigures
    outcomes: list[CheckOutcome]
    answers: Answers
    audit: AuditOutcome | None
    diagnoses: tuple[Diagnosis, ...]

    @classmethod
    def of(
        cls,
        scenario: ScenarioFigures,
        checks: Sequence[CheckSpec],
        baseline: Baseline | None,
        log: WindowLog,
    ) -> _Findings:
        answers = answers_of(scenario, lambda stage: _passes(stage, checks, log))
        outcomes = [
            evaluate(spec, scenario, answers=answers, baseline=baseline, log=log) for spec in checks
        ]
        outcomes = [_proven(outcome, scenario) for outcome in outcomes]
        return cls(
            scenario,
            outcomes,
            answers,
            judge_audit(scenario),
            diagnoses(scenario, outcomes, log),
        )

    @property
    def that_decide(self) -> list[CheckStatus]:
        """Of the checks that are more than a warning, and of the audit."""
        checks = [o.status for o in self.outcomes if o.spec.level == "fail"]
        return checks if self.audit is None else [*checks, self.audit.status]

    @property
    def explains_early_end(self) -> bool:
        """A breach that ends the scenario, or steps that led to its breaking point."""
        if self.scenario.ended_early is None:
            return False
        if self.scenario.scenario.asks == "breaking point":
            return True
        return any(o.status == "FAIL" and o.spec.abort for o in self.outcomes)

    def verdict(self, trust: Iterable[ValidityCheck], profile_only: bool) -> ScenarioVerdict:
        own = [check for check in trust if check.concerns(self.scenario)]
        return ScenarioVerdict(
            name=self.scenario.name,
            status=_status(own, self.that_decide, profile_only),
            checks=self.outcomes,
            answers=self.answers,
            audit=self.audit,
            diagnoses=self.diagnoses,
        )


def _proven(outcome: CheckOutcome, scenario: ScenarioFigures) -> CheckOutcome:
    """What the last replies of an ended scenario were can't undo the breach that ended it."""
    if outcome.spec.id != scenario.ended_by or outcome.status == "FAIL":
        return outcome
    return replace(outcome, status="FAIL", detail=scenario.ended_early or "")


def _passes(stage: StageFigures, checks: Sequence[CheckSpec], log: WindowLog) -> bool | None:
    """Whether a step by itself meets the checks that concern it; None where that is undecided."""
    found = {
        evaluate_stages(spec, [stage], log=log).status
        for spec in checks
        if spec.stage in (None, stage.name) and spec.is_of_a_stage and spec.level == "fail"
    }
    if "FAIL" in found:
        return False
    return None if "INSUFFICIENT" in found else True
