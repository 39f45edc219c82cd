"""What a worker can't have done it can't report: the master takes nothing more of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_histogram import histogram
from observed import KEY, Arrival, arrivals, in_flight_too, record_of, snapshot, told

from jobload.judge.validity.validity import messages_trusted
from jobload.measure import bounds
from jobload.measure.bounds import Bounds
from jobload.measure.collector import Collector
from jobload.measure.completion import CompletionRecord
from jobload.measure.error_counts import MAX_KINDS, OTHER, ErrorCounts
from jobload.measure.failed_times import Ending, Unsuccessful
from jobload.measure.ledger import LedgerEntry
from jobload.measure.snapshot import Snapshot, StageReport, encode
from jobload.measure.stage_record import EndpointRecord, StageRecord

NOW_S = 10.0
POST = "POST /jobs"
GOOD = Arrival("good", POST, 2_000, 1_000, 3, 0, "", 0)
BAD = Arrival("bad", POST, 2_000, 1_000, 3, 1, "http-500", 0)
TEN = [GOOD] * 8 + [BAD] * 2


def collector() -> Collector:
    made = Collector("run", Bounds({KEY: (0.0, 5.0), (0, 1): (5.0, 5.0)}))
    made.enroll("w1", now_s=0.0)
    return made


def sent(
    *, ledger: Sequence[LedgerEntry] = (), pauses: Sequence[str] = (), **fields: Any
) -> Snapshot:
    stages = fields.pop("stages", [told(record_of(TEN))])
    made = snapshot(stages=stages, **fields)
    return msgspec.structs.replace(made, ledger=list(ledger), pauses=list(pauses))


def why_refused(*snapshots: Snapshot, now_s: float = NOW_S) -> str | None:
    """Of the last one; those before are taken. Whatever is refused makes the run INVALID."""
    run = collector()
    for one in snapshots[:-1]:
        assert run.receive("w1", encode(one), now_s) is not None, run.impossible
    taken = run.receive("w1", encode(snapshots[-1]), now_s)
    why = run.impossible.get("w1")
    assert (taken is None) == (why is not None)
    assert (messages_trusted(run).status == "FAIL") == (why is not None)
    return why


def test_what_a_worker_has_done_is_taken() -> None:
    assert why_refused(sent()) is None
    assert (
        why_refused(sent(seq=1), sent(seq=2, final=True, ledger=[LedgerEntry(0, 7, 10, [3])]))
        is None
    )


def test_as_many_kinds_of_errors_as_a_process_keeps_are_taken_with_that_of_all_others() -> None:
    assert why_refused(sent(stages=[changed(lambda r: forge(r, errors=kinds(65)))])) is None


def test_of_jobs_that_were_given_up_or_failed_not_all_need_a_time() -> None:
    done = CompletionRecord(4, failed=2, abandoned=2, unsuccessful=unsuccessful(1, "given-up"))
    done.unsuccessful.merge(unsuccessful(1, "failed"))
    assert why_refused(sent(stages=[changed(lambda r: forge(r, completion=done))])) is None


def test_a_report_in_each_twentieth_of_a_second_is_taken() -> None:
    assert why_refused(sent(seq=round(20 * NOW_S), second=1)) is None


@given(st.lists(st.lists(in_flight_too, max_size=6), max_size=5))
def test_whatever_really_happens_speaks_not_against_itself(steps: list[list[Arrival]]) -> None:
    run = Collector("run")
    run.enroll("w1", 0.0)
    seen: list[Arrival] = []
    for seq, step in enumerate(steps):
        # What was in flight or waiting has gone on, or stays as it is.
        seen += step
        one = snapshot(seq=seq, stages=[told(record_of(seen))])
        assert run.receive("w1", encode(one), float(seq)) is not None, run.impossible


def stepping(us: int) -> StageReport:
    """A stage that has just begun, in which a request of no operation has ended."""
    step = EndpointRecord(started=1, succeeded=1, attempts=1, response_time=histogram(us))
    record = StageRecord(outside=1, steps={"ws session": step})
    return StageReport((0, 1), record)


def test_a_request_of_no_operation_may_have_begun_before_its_stage() -> None:
    """In `test_start`, or in a greenlet of its own."""
    nine_s, twenty_s = sent(stages=[stepping(9_000_000)]), sent(stages=[stepping(20_000_000)])
    assert why_refused(nine_s, now_s=5.5) is None
    assert "a time is longer" in str(why_refused(twenty_s, now_s=5.5))


def changed(change: Callable[[StageRecord], object]) -> StageReport:
    record = record_of(TEN)
    change(record)
    return StageReport(KEY, record)


def unsuccessful(count: int, ending: Ending = "failed", seconds: float = 0.1) -> Unsuccessful:
    made = Unsuccessful()
    for _ in range(count):
        made.to(ending).add(int(seconds * 1e6), 0)
    return made


def kinds(count: int) -> ErrorCounts:
    return ErrorCounts({f"{n}": 0 for n in range(count - 1)} | {OTHER: 0})


def forge(record: StageRecord, **fields: object) -> None:
    for name, value in fields.items():
        part: object = record if hasattr(record, name) else record.endpoints[POST]
        setattr(part, name, value)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda r: forge(r, offered=9), "more arrivals were started"),
        (lambda r: forge(r, missed=1), "more arrivals were started"),
        (lambda r: forge(r, surplus=1), "more arrivals were started"),
        (lambda r: forge(r, unstarted={0: 1}), "more arrivals of its seconds"),
        (lambda r: forge(r, late=11), "more arrivals were late"),
        (lambda r: forge(r, succeeded=9), "more operations ended"),
        (lambda r: forge(r, failed=0), "errors without failures"),
        (lambda r: forge(r, succeeded=7, failed=3), "more response times"),
        (lambda r: forge(r, attempts=7), "more service times"),
        (lambda r: forge(r, unsuccessful=unsuccessful(3, "failed")), "more times of failures"),
        (lambda r: forge(r, unsuccessful=unsuccessful(3, "given-up")), "more times of failures"),
        (lambda r: forge(r, unsuccessful=unsuccessful(1, "failed", 20.0)), "a time is longer"),
        (
            lambda r: forge(r, completion=CompletionRecord(1, unsuccessful=unsuccessful(1))),
            "more times of jobs",
        ),
        (lambda r: forge(r, errors=kinds(MAX_KINDS + 2)), "too many kinds"),
        (lambda r: forge(r, errors=ErrorCounts({"a\nVerdict": 1})), "can't be shown"),
        (lambda r: forge(r, errors=ErrorCounts({"a": 1}, {"a": "\x1b[2J"})), "can't be shown"),
        (lambda r: forge(r, errors=ErrorCounts({"a": 1}, {"a": "a\u202eb"})), "can't be shown"),
        (lambda r: forge(r, errors=ErrorCounts({"a": 1}, {"a": "x" * 300})), "can't be shown"),
        (lambda r: forge(r, errors=ErrorCounts({"a": 1}, {"b": "x"})), "too many kinds"),
        (lambda r: r.endpoint("GET /\x1b[31m"), "an endpoint has a name"),
        (lambda r: r.endpoint("x" * 3000), "an endpoint has a name"),
        (lambda r: [r.endpoint(f"GET /{n}") for n in range(300)], "too many endpoints"),
        (lambda r: forge(r, loop_lag=histogram(20_000_000)), "a time is longer"),
        (lambda r: forge(r, lateness=histogram(20_000_000)), "a time is longer"),
        (lambda r: forge(r, wall_s=20.0), "more time than has passed"),
        (lambda r: forge(r, stolen_s=20.0), "more time than has passed"),
        (lambda r: forge(r, cpu_s=1e6), "more time than has passed"),
        (lambda r: forge(r, offered=2**50, started=2**50), "more than a process can"),
        (lambda r: forge(r, attempts=2**50), "more than a process can"),
        (lambda r: forge(r, ended_good=2**50), "more than a process can"),
        (lambda r: forge(r, completion=CompletionRecord(1, 2)), "more jobs ended"),
        (lambda r: forge(r, completion=CompletionRecord(2**40)), "more than a process can"),
    ],
)
def test_a_stage_that_can_not_be_is_refused(
    change: Callable[[StageRecord], object], why: str
) -> None:
    assert why in (why_refused(sent(stages=[changed(change)])) or "taken")


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (sent(second=16), "lies in the future"),
        (sent(seq=400, second=1), "reports too often"),
        (sent(users=10**9), "more users"),
        (sent(stages=[told(record_of(TEN))] * 2), "a stage twice"),
        (sent(stages=[StageReport((0, 2), StageRecord())]), "has not begun"),
        (sent(stages=[StageReport((n, n), StageRecord()) for n in range(3)]), "2 have begun"),
        (sent(pauses=["\x1b[2J"]), "commands a terminal"),
        (sent(pauses=["x" * 5000]), "commands a terminal"),
        (sent(pauses=["x"] * 2000), "too many sentences"),
        (sent(ledger=[LedgerEntry(0, 1, 1, [])]), "before the end"),
        (sent(final=True, ledger=[LedgerEntry(0, 1, 13, [])]), "more than it has done"),
        (sent(final=True, ledger=[LedgerEntry(0, n, 7, []) for n in (1, 2)]), "more than it has"),
        (sent(final=True, ledger=[LedgerEntry(9, 1, 1, [])]), "more than it has done"),
        (sent(final=True, ledger=[LedgerEntry(0, 1, 5, [])] * 2), "two ledgers"),
        (sent(final=True, ledger=[LedgerEntry(0, 1, 5, [6])]), "against itself"),
        (sent(final=True, ledger=[LedgerEntry(0, 1, 5, [0])]), "against itself"),
        (sent(final=True, ledger=[LedgerEntry(0, 1, 5, [2, 2])]), "against itself"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_report_that_can_not_be_is_refused(refused: Snapshot, why: str) -> None:
    assert why in (why_refused(refused) or "taken")


@given(
    arrivals, st.sampled_from(["offered", "started", "succeeded", "sum_us", "bucket", "endpoint"])
)
def test_a_count_that_becomes_smaller_is_refused(arrival: Arrival, what: str) -> None:
    before = record_of([*TEN, *[GOOD] * 3])
    after = record_of(TEN)
    if what == "endpoint":
        after = record_of([arrival] * 30)
        after.endpoints = {"GET /other": after.overall()}
    why = why_refused(
        sent(seq=1, stages=[StageReport(KEY, before)]),
        sent(seq=2, stages=[StageReport(KEY, after)]),
        now_s=5000.0,
    )
    assert why == "a count has become smaller"


def test_who_is_not_believed_is_not_listened_to_any_more() -> None:
    run = collector()
    run.receive("w1", encode(sent(seq=1, second=99)), NOW_S)
    assert run.receive("w1", encode(sent(seq=2)), NOW_S) is None
    assert run.workers["w1"].lost
    assert run.dropped == {"impossible": 1, "stale": 1}


def of_one(count: int) -> dict[str, EndpointRecord]:
    return dict.fromkeys(map(str, range(count)), EndpointRecord())


@pytest.mark.parametrize(
    "endless",
    [
        lambda: sent(stages=[StageReport((n, 0), StageRecord()) for n in range(20_000)]),
        lambda: sent(final=True, ledger=[LedgerEntry(0, 1, 1, [])] * 1_000_000),
        lambda: sent(final=True, ledger=[LedgerEntry(0, 1, 10, list(range(1_000_000)))]),
        lambda: sent(stages=[changed(lambda r: r.endpoints.update(of_one(100_000)))]),
        lambda: sent(pauses=["x"] * 1_000_000),
    ],
    ids=["stages", "entries", "unacknowledged", "endpoints", "sentences"],
)
def test_what_is_endless_is_refused_before_it_is_read(
    endless: Callable[[], Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobload.measure.collector.decode", None)
    wire = encode(endless())
    began_s = perf_counter()
    run = collector()
    assert run.receive("w1", wire, NOW_S) is None
    assert perf_counter() - began_s < 1.0
    assert run.dropped == {"impossible": 1}


@pytest.mark.parametrize("wire", [None, b"", b"\xc1", b"\x80", b"\x91" * 100_000, "text", {}])
def test_what_is_no_report_is_malformed(wire: object) -> None:
    run = collector()
    assert run.receive("w1", wire, NOW_S) is None
    assert run.dropped == {"malformed": 1}


def test_the_largest_report_of_a_sound_run_has_room() -> None:
    """Twenty endpoints, each with as many buckets as a run of hours fills."""
    record = StageRecord()
    for n in range(20):
        endpoint = record.endpoint(f"GET /{n}")
        for us in range(1000, 2_000_000, 600):
            endpoint.response_time.record(us)
            endpoint.service_time.record(us)
    assert len(encode(sent(stages=[StageReport(KEY, record)]))) < bounds.LARGEST_STAGE_BYTES / 4


def of_steps(record: StageRecord, *names: str) -> StageRecord:
    """The same operations, each of one step."""
    for name in names:
        record.steps[name] = record.endpoints[POST].copy()
    record.flows = {"order": record.endpoints.pop(POST)}
    return record


def test_steps_that_the_plan_has_are_taken_and_others_are_not() -> None:
    def why(name: str) -> str | None:
        run = Collector("run", Bounds({KEY: (0.0, 5.0)}, {0: frozenset({"order", "submit"})}))
        run.enroll("w1", now_s=0.0)
        told_of = StageReport(KEY, of_steps(record_of(TEN), name))
        run.receive("w1", encode(sent(stages=[told_of])), NOW_S)
        return run.impossible.get("w1")

    assert why("submit") is None
    assert "it has a step that the plan has not" in (why("submitt") or "")


def test_flows_have_the_attempts_of_their_steps() -> None:
    forged = StageReport(KEY, of_steps(record_of(TEN), "submit", "wait"))
    assert "other attempts than their steps" in (why_refused(sent(stages=[forged])) or "")
