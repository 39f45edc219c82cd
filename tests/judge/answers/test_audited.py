"""What an audit does to a verdict."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from made_run import MadeRun, light, planned

from jobload.judge.answers.audited import judge_audit
from jobload.judge.verdict import judge
from jobload.measure.figures import RunFigures
from jobload.measure.ledger import Audit

OPERATIONS = 1375
"""Of the whole scenario: 5 s of ramp at 25/s on average, 25 s at 50/s."""
CLEAN = Audit(acknowledged=OPERATIONS, stored=OPERATIONS)
LOST = Audit(acknowledged=OPERATIONS, stored=OPERATIONS - 1, lost=1, examples=("lost 3-7",))
DOUBLED = Audit(acknowledged=OPERATIONS, stored=OPERATIONS, duplicated=2)
IN_DOUBT = Audit(acknowledged=OPERATIONS, stored=OPERATIONS + 1, indeterminate=4)
NOT_MADE = Audit(problem="the target has no audit endpoint")


def run_with(found: Audit | None, **fields: object) -> RunFigures:
    run = MadeRun()
    run.play(light(**fields), planned()).audit = found
    return run.end()


@pytest.mark.parametrize("asked_for", [None, True])
@pytest.mark.parametrize(
    ("audit", "of_audit", "of_run", "exit_code"),
    [
        (CLEAN, "PASS", "PASS", 0),
        (IN_DOUBT, "PASS", "PASS", 0),
        (LOST, "FAIL", "FAIL", 1),
        (DOUBLED, "FAIL", "FAIL", 1),
    ],
    ids=["clean", "in doubt", "lost", "doubled"],
)
def test_what_was_lost_or_doubled_fails_the_scenario(
    audit: Audit, asked_for: bool | None, of_audit: str, of_run: str, exit_code: int
) -> None:
    verdict = judge(run_with(audit, audit=asked_for), {})
    (scenario,) = verdict.scenarios
    assert scenario.audit is not None
    assert (scenario.audit.status, scenario.status) == (of_audit, of_run)
    assert (verdict.status, verdict.exit_code) == (of_run, exit_code)


def test_an_audit_that_can_not_be_made_is_a_note_unless_it_was_asked_for() -> None:
    verdict = judge(run_with(NOT_MADE), {})
    outcome = verdict.scenarios[0].audit
    assert outcome is not None
    assert (outcome.status, verdict.status) == ("WARN", "PASS")
    assert outcome.text == "could not be made: the target has no audit endpoint"


@pytest.mark.parametrize("audit", [NOT_MADE, None], ids=["a problem", "none at all"])
def test_an_audit_that_was_asked_for_and_not_made_can_not_pass(audit: Audit | None) -> None:
    verdict = judge(run_with(audit, audit=True), {})
    outcome = verdict.scenarios[0].audit
    assert outcome is not None
    assert (outcome.status, verdict.scenarios[0].status) == ("INSUFFICIENT", "INVALID")
    assert (verdict.status, verdict.exit_code) == ("INVALID", 3)


def test_an_audit_that_was_not_made_has_counted_nothing() -> None:
    made = NOT_MADE
    assert (made.acknowledged, made.stored, made.lost, made.duplicated, made.indeterminate) == (
        (0,) * 5
    )


def test_without_an_audit_nothing_is_said_of_it() -> None:
    verdict = judge(run_with(None), {})
    assert (verdict.scenarios[0].audit, verdict.status) == (None, "PASS")


def test_a_profile_shows_the_audit_and_judges_nothing() -> None:
    run = run_with(LOST)
    run.profile_only = True
    verdict = judge(run, {})
    assert verdict.scenarios[0].audit is not None
    assert verdict.scenarios[0].audit.status == "FAIL"
    assert verdict.status == "PROFILED"


def test_its_text_has_every_figure_and_the_examples() -> None:
    outcome = judge_audit(run_with(LOST).scenarios[0])
    assert outcome is not None
    assert outcome.text == (
        "1,375 acknowledged, 1,374 stored, 1 lost, 0 duplicated, 0 indeterminate (lost 3-7)"
    )


# --- the two accounts -----------------------------------------------------------------------


def reconciled(run: RunFigures) -> str:
    return next(c.status for c in judge(run, {}).validity if c.id == "counts-reconciled")


@pytest.mark.parametrize(
    ("acknowledged", "mix", "status"),
    [
        (OPERATIONS, {"JobSubmitter": 1}, "PASS"),
        (OPERATIONS - 1, {"JobSubmitter": 1}, "FAIL"),
        (OPERATIONS + 1, {"JobSubmitter": 1}, "FAIL"),
        (OPERATIONS - 1, {"JobFollower": 1}, "FAIL"),
        (OPERATIONS - 1, {"JobSubmitter": 1, "JobWatcher": 1}, "FAIL"),
        (OPERATIONS - 1, {"SomebodysUser": 1}, "PASS"),
        (OPERATIONS + 1, {"SomebodysUser": 1}, "FAIL"),
    ],
    ids=str,
)
def test_ledgers_and_counts_must_agree(acknowledged: int, mix: dict[str, int], status: str) -> None:
    audit = Audit(acknowledged=acknowledged, stored=acknowledged)
    assert reconciled(run_with(audit, users_mix=mix)) == status


@pytest.mark.parametrize(("more", "said"), [(2, "+2"), (-1, "-1")])
def test_by_how_much_they_differ_is_told(more: int, said: str) -> None:
    audit = Audit(acknowledged=OPERATIONS + more, stored=OPERATIONS + more)
    (found,) = (c for c in judge(run_with(audit), {}).validity if c.id == "counts-reconciled")
    assert f"but 1,375 succeeded, difference {said}" in found.actual


def test_what_watchers_read_has_no_key() -> None:
    def with_reads(run: RunFigures) -> None:
        hold = run.scenarios[0].stages[1].record
        reads = hold.endpoint("GET /api/v1/jobs")
        reads.started = reads.attempts = reads.succeeded = 1
        hold.offered += 1
        hold.started += 1
        for times in (reads.response_time, reads.service_time):
            times.record(10)

    mix = {"JobSubmitter": 1, "JobWatcher": 1}
    run = run_with(CLEAN, users_mix=mix)
    with_reads(run)
    run.scenarios[0].stages[1].overall = run.scenarios[0].stages[1].record.overall()
    assert reconciled(run) == "PASS"


@pytest.mark.parametrize("change", [lambda a: None, lambda a: NOT_MADE], ids=["none", "problem"])
def test_without_an_audit_there_is_nothing_to_agree_with(
    change: Callable[[Audit], Audit | None],
) -> None:
    assert reconciled(run_with(change(CLEAN))) == "PASS"
