"""What the tester makes of a target's own account of a run."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import gevent
import orjson
import pytest
from audited_target import Answer, AuditedTarget, drained_run, running

from jobload.lifecycle.leader import audit as audit_module
from jobload.lifecycle.leader import audit_endpoint
from jobload.lifecycle.leader.audit import audit_run, forget_run
from jobload.lifecycle.leader.run import Run
from jobload.measure.ledger import Audit, LedgerEntry

TEN = LedgerEntry(0, 1, 10, [])


@pytest.fixture
def target() -> Iterator[AuditedTarget]:
    with running(AuditedTarget()) as target:
        yield target


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_endpoint, "AGAIN_AFTER_S", 0.0)


def key(run: Run, user: int, count: int) -> str:
    return f"{run.id}-0-{user}-{count}"


def audited(run: Run) -> Audit:
    return audit_run(run, by_default=True)[0]


def test_what_was_acknowledged_and_is_stored_is_clean(target: AuditedTarget) -> None:
    run = drained_run(target.url, TEN)
    target.hold(*(key(run, 1, count) for count in range(1, 11)))
    assert audited(run) == Audit(acknowledged=10, stored=10)


def test_lost_doubled_and_indeterminate_operations_are_told_apart(target: AuditedTarget) -> None:
    run = drained_run(target.url, LedgerEntry(0, 1, 10, [4, 5]))
    target.hold(*(key(run, 1, count) for count in (1, 2, 2, 2, 4, 6, 7, 8, 9)))
    assert audited(run) == Audit(
        acknowledged=8,
        stored=7,
        lost=2,
        duplicated=1,
        indeterminate=2,
        examples=("lost 1-3", "lost 1-10", "twice 1-2"),
    )


def test_operations_of_others_do_not_count(target: AuditedTarget) -> None:
    run = drained_run(target.url, TEN)
    target.hold(*(key(run, 1, count) for count in range(1, 11)))
    target.hold(None, "", "other-0-1-1", f"{run.id}-0-1", f"{run.id}-0-1-1-1", f"{run.id}-0-x-1")
    target.hold(key(run, 2, 1), key(run, 1, 0), key(run, 1, 11), f"{run.id}-0-1-{'9' * 5000}")
    target.hold(f"{run.id}-0-1-²")
    assert audited(run) == Audit(acknowledged=10, stored=10)


def test_each_scenario_has_an_audit_of_its_own(target: AuditedTarget) -> None:
    run = drained_run(target.url, LedgerEntry(0, 1, 2, []), LedgerEntry(1, 2, 1, []), scenarios=2)
    target.hold(key(run, 1, 1), key(run, 2, 1))
    audits = audit_run(run, by_default=True)
    assert {position: audit.lost for position, audit in audits.items()} == {0: 1, 1: 0}


def test_a_hundred_thousand_operations_take_a_hundred_pages_and_little_time(
    target: AuditedTarget,
) -> None:
    run = drained_run(target.url, *(LedgerEntry(0, user, 1000, []) for user in range(100)))
    target.hold(*(key(run, user, 1 + count) for user in range(100) for count in range(1000)))
    began_s = perf_counter()
    assert audited(run) == Audit(acknowledged=100_000, stored=100_000)
    assert perf_counter() - began_s < 20
    assert len(target.asked) == 100


# --- when there is one ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "by_default", "made"),
    [(None, True, True), (None, False, False), (True, False, True), (False, True, False)],
)
def test_the_embedded_target_is_audited_unless_told_otherwise_and_others_when_asked_for(
    target: AuditedTarget, said: bool | None, by_default: bool, made: bool
) -> None:
    audits = audit_run(drained_run(target.url, TEN, audit=said), by_default=by_default)
    assert bool(audits) is bool(target.asked) is made


@pytest.mark.parametrize(
    "fields",
    [{"method": "GET", "endpoint": "/healthz"}, {"expect": {"status": [422]}}],
    ids=["a reading scenario", "refusals are expected"],
)
def test_requests_that_store_nothing_are_not_audited_by_default(
    target: AuditedTarget, fields: dict[str, Any]
) -> None:
    assert audit_run(drained_run(target.url, TEN, **fields), by_default=True) == {}


def test_nothing_is_said_of_a_scenario_without_keys_unless_asked_for(target: AuditedTarget) -> None:
    assert audit_run(drained_run(target.url), by_default=True) == {}
    assert audited(drained_run(target.url, audit=True)) == Audit()


def test_a_run_that_never_began_is_not_audited(target: AuditedTarget) -> None:
    run = drained_run(target.url, TEN, began=False)
    assert audit_run(run, by_default=True) == {}


def test_the_audit_goes_through_the_same_door_as_the_load(target: AuditedTarget) -> None:
    run = drained_run(target.url, TEN, audit=True, headers={"Authorization": "Bearer ${WORD}"})
    audit_run(run, by_default=False, environ={"WORD": "swordfish"})
    assert target.headers == ["Bearer swordfish"]
    refused = audit_run(run, by_default=False, environ={})[0]
    assert "WORD is not set" in str(refused.problem)


# --- when it can't be made ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((404, b""), "the target has no audit endpoint (/-/runs/{run_id}/operations)"),
        ((403, b""), "the target answered the audit with status 403"),
        ((503, b""), "the target answered the audit with status 503"),
        ((200, b"<html>"), "the target answered the audit with something else than operations"),
        ((200, b"[]"), "the target answered the audit with something else than operations"),
        ((200, b"{}"), "the target answered the audit with something else than operations"),
        (
            (200, b'{"operations": 3}'),
            "the target answered the audit with something else than operations",
        ),
        (
            (200, b'{"operations": ["a"]}'),
            "the target answered the audit with something else than operations",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_answer_that_is_none_is_a_problem_and_no_pass(
    target: AuditedTarget, answer: Answer, problem: str
) -> None:
    target.script = lambda target: answer
    assert audited(drained_run(target.url, TEN)) == Audit(problem=problem)


def test_a_later_page_that_is_garbage_is_a_problem_too(target: AuditedTarget) -> None:
    run = drained_run(target.url, TEN)
    target.hold(*[key(run, 1, 1)] * 1001)
    target.script = lambda target: (200, b"!") if len(target.asked) > 1 else None
    assert audited(run).problem is not None


def test_one_hiccup_is_asked_over(target: AuditedTarget) -> None:
    run = drained_run(target.url, TEN)
    target.hold(*(key(run, 1, count) for count in range(1, 11)))
    target.script = lambda target: (503, b"") if len(target.asked) < 4 else None
    assert audited(run) == Audit(acknowledged=10, stored=10)


def test_a_target_that_is_gone_is_a_problem(target: AuditedTarget) -> None:
    with running(AuditedTarget()) as gone:
        run = drained_run(gone.url, TEN)
    assert audited(run).problem == "the target did not answer the audit (connect-refused)"


@pytest.mark.parametrize("way", ["slow", "endless"])
def test_the_audit_has_an_end_whatever_the_target_does(
    target: AuditedTarget, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    def script(target: AuditedTarget) -> Answer:
        gevent.sleep(10 if way == "slow" else 0.001)
        return 200, orjson.dumps({"operations": [], "next": "again"})

    target.script = script
    monkeypatch.setattr(audit_module, "AUDIT_WITHIN_S", 0.3)
    began_s = perf_counter()
    assert "has not told all within" in str(audited(drained_run(target.url, TEN)).problem)
    assert perf_counter() - began_s < 3


def _slow(target: AuditedTarget) -> tuple[int, bytes]:
    gevent.sleep(10)
    return 200, b""


def test_an_interrupted_run_waits_less(
    target: AuditedTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.script = _slow
    monkeypatch.setattr(audit_module, "INTERRUPTED_WITHIN_S", 0.2)
    run = drained_run(target.url, TEN)
    run.end("sigint", "")
    began_s = perf_counter()
    assert audited(run).problem is not None
    assert perf_counter() - began_s < 3


@pytest.mark.parametrize("way", ["a page that does not come", "a pause that it asks for"])
def test_so_does_one_that_is_interrupted_meanwhile(
    target: AuditedTarget, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "a page that does not come":
        target.script = _slow
    else:
        target.script = lambda target: (503, b"")
        monkeypatch.setattr(audit_endpoint, "AGAIN_AFTER_S", 10.0)
    monkeypatch.setattr(audit_module, "INTERRUPTED_WITHIN_S", 0.2)
    run = drained_run(target.url, TEN)
    run.end("completed", "")
    gevent.spawn_later(0.1, run.interrupt_end, "sigterm")
    began_s = perf_counter()
    assert "of the interruption" in str(audited(run).problem)
    assert perf_counter() - began_s < 3


def test_a_worker_without_a_last_word_leaves_nothing_to_compare(target: AuditedTarget) -> None:
    run = drained_run(target.url, TEN)
    run.collector.enroll("w2", 0.0)
    assert "w2 never said" in str(audited(run).problem)
    assert target.asked == []


def test_a_ledger_that_is_incomplete_is_no_ledger(target: AuditedTarget) -> None:
    run = drained_run(target.url, TEN, complete=False)
    assert "too many operations of worker w1" in str(audited(run).problem)


# --- and then -------------------------------------------------------------------------------


def test_a_run_is_forgotten_by_its_name(target: AuditedTarget) -> None:
    run = drained_run(target.url, TEN)
    target.script = lambda target: (204, b"")
    forget_run(run)
    assert target.asked == [f"DELETE /-/runs/{run.id}"]


def test_a_target_that_can_not_forget_does_no_harm(target: AuditedTarget) -> None:
    target.script = lambda target: (500, b"")
    forget_run(drained_run(target.url, TEN))
