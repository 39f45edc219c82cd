from __future__ import annotations

from observed import snapshot, told

from jobload.measure.completion import CompletionRecord
from jobload.measure.snapshot import decode, encode
from jobload.measure.stage_record import StageRecord


def followed(*times_us: int, failed: int = 0, abandoned: int = 0, open_: int = 0) -> StageRecord:
    completion = CompletionRecord(
        followed=len(times_us) + failed + abandoned + open_,
        succeeded=len(times_us),
        failed=failed,
        polls=7,
    )
    completion.abandon("not-final", "GET /jobs/1: pending", abandoned)
    for us in times_us:
        completion.time.record(us)
    return StageRecord(completion=completion)


def test_jobs_that_are_followed_are_in_flight_until_they_are_final() -> None:
    record = followed(5_000, failed=1, abandoned=1, open_=2)
    assert record.completion.in_flight == record.in_flight == 2


def test_merged_records_are_their_sum() -> None:
    record = followed(5_000, failed=1)
    record.merge(followed(9_000, abandoned=2, open_=1))
    merged = record.completion
    assert (merged.followed, merged.succeeded, merged.failed, merged.abandoned) == (6, 2, 1, 2)
    assert (merged.in_flight, merged.polls) == (1, 14)
    assert merged.reasons.counts == {"not-final": 2}
    assert (merged.time.count, merged.time.sum_us) == (2, 14_000)


def test_they_travel_with_the_stage() -> None:
    for record in (followed(5_000, 7_000, failed=3, abandoned=1), StageRecord()):
        received = decode(encode(snapshot(stages=[told(record)])))
        assert received.stages[0].record == record
