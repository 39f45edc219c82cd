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
    def that_decide(self) -> list[CheckStatus]:
        """Of the checks that are more than a warning, and of the audit."""
        checks = [o.status for o in self.checks if o.spec.level == "fail"]
        return checks if self.audit is None else [*checks, self.audit.status]


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
    found = []
    for scenario in run.scenarios:
        specs = () if run.profile_only else checks.get(scenario.name, ())
        found.append((scenario, _looked_at(scenario, specs, baseline, log)))
    trust = validity(
        run,
        {scenario.position for scenario, seen in found if _explains_early_end(scenario, seen)},
        {scenario.position for scenario, seen in found if "FAIL" in seen.that_decide},
    )
    status = _status(trust, [s for _, seen in found for s in seen.that_decide], run.profile_only)
    verdicts = []
    for scenario, seen in found:
        own = [check for check in trust if check.concerns(scenario)]
        verdicts.append(replace(seen, status=_status(own, seen.that_decide, run.profile_only)))
    return RunVerdict(status, exit_code_of(status, run.end_reason), trust, verdicts)


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


def _looked_at(
    scenario: ScenarioFigures,
    checks: Sequence[CheckSpec],
    baseline: Baseline | None,
    log: WindowLog,
) -> ScenarioVerdict:
    """INVALID until it is known whether it can be trusted."""
    answers = answers_of(scenario, lambda stage: _passes(stage, checks, log))
    outcomes = [
        _proven(evaluate(spec, scenario, answers=answers, baseline=baseline, log=log), scenario)
        for spec in checks
    ]
    return ScenarioVerdict(
        name=scenario.name,
        status="INVALID",
        checks=outcomes,
        answers=answers,
        audit=judge_audit(scenario),
        diagnoses=diagnoses(scenario, outcomes, log),
    )


def _explains_early_end(scenario: ScenarioFigures, seen: ScenarioVerdict) -> bool:
    """A breach that ends the scenario, or steps that led to its breaking point."""
    if scenario.ended_early is None:
        return False
    if scenario.scenario.asks == "breaking point":
        return True
    return any(o.status == "FAIL" and o.spec.abort for o in seen.checks)


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
