"""What goes over the wire comes back unchanged, and whatever else arrives is refused as a whole."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from observed import Arrival, in_flight_too, record_of, snapshot, told

from jobload.measure.duration_counts import LAST_INDEX
from jobload.measure.histogram import Histogram
from jobload.measure.snapshot import (
    MalformedSnapshotError,
    Snapshot,
    decode,
    encode,
)
from jobload.measure.stage_record import StageRecord

FIELDS = StageRecord.__struct_fields__
ARRIVAL = Arrival("good", "POST /jobs", 2_000, 1_000, 3, 1, "http-500", 1)
FAILURE = Arrival("bad", "POST /jobs", 2_000, 1_000, 3, 1, "http-500", 1)


def a_snapshot() -> Snapshot:
    return snapshot(seq=7, stages=[told(record_of([ARRIVAL, FAILURE]))])


def plain(message: Snapshot) -> dict[str, Any]:
    """The message as data that a test can damage."""
    data: dict[str, Any] = msgspec.msgpack.decode(encode(message))
    return data


def refused(data: object) -> str:
    wire = data if isinstance(data, bytes) else msgspec.msgpack.encode(data)
    with pytest.raises(MalformedSnapshotError) as caught:
        decode(wire)
    return str(caught.value)


@given(st.lists(in_flight_too, max_size=20), st.integers(0, 2**53), st.text())
def test_a_snapshot_comes_back_as_it_was_sent(
    observed: list[Arrival], seq: int, worker: str
) -> None:
    record = record_of(observed)
    sent = snapshot(worker, seq, second=3, stages=[told(record)])
    received = decode(encode(sent))
    assert received == sent
    assert received.stages[0].record == record


def test_histograms_longer_than_an_hour_come_back_too() -> None:
    record = StageRecord()
    record.loop_lag.record(10**10)
    record.loop_lag.record(2**40)
    received = decode(encode(snapshot(stages=[told(record)])))
    assert received.stages[0].record.loop_lag == record.loop_lag


@pytest.mark.parametrize(
    "thing", [None, "text", 7, {"run_id": "run"}, [], bytearray(b"\x80"), memoryview(b"\x80")]
)
def test_anything_but_bytes_is_refused(thing: object) -> None:
    with pytest.raises(MalformedSnapshotError, match=f"got {type(thing).__name__}"):
        decode(thing)


@given(st.binary(max_size=300))
@example(b"")
@example(b"\xdd\xff\xff\xff\xff")
@example(b"\xc1")
def test_noise_is_refused(noise: bytes) -> None:
    refused(noise)


@given(st.data())
def test_a_damaged_message_is_refused_or_still_well_formed(data: st.DataObject) -> None:
    wire = bytearray(encode(a_snapshot()))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(wire)))
        end = data.draw(st.integers(start, min(start + 4, len(wire))))
        wire[start:end] = data.draw(st.binary(max_size=4))
    with suppress(MalformedSnapshotError):
        received = decode(bytes(wire))
        for stage in received.stages:
            record = stage.record
            assert math.isfinite(record.cpu_s)
            for times in (record.lateness, record.overall().response_time):
                assert 0 <= (times.percentile_us(99) or 0) <= max(times.max_us, 0)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)  # fmt: skip


@given(st.data())
def test_a_message_with_a_wrong_value_anywhere_is_refused_or_well_formed(
    data: st.DataObject,
) -> None:
    message = plain(a_snapshot())
    spot: Any = message
    while True:
        key = data.draw(st.sampled_from(list(spot) if isinstance(spot, dict) else range(len(spot))))
        if not spot[key] or not isinstance(spot[key], dict | list) or data.draw(st.booleans()):
            break
        spot = spot[key]
    spot[key] = data.draw(json_like)
    with suppress(MalformedSnapshotError):
        for stage in decode(msgspec.msgpack.encode(message)).stages:
            stage.record.overall()


def test_a_message_that_is_cut_short_anywhere_is_refused() -> None:
    wire = encode(a_snapshot())
    for length in range(len(wire)):
        refused(wire[:length])
    refused(wire + b"\x00")


@pytest.mark.parametrize("name", Snapshot.__struct_fields__)
def test_a_message_without_one_of_its_fields_is_refused(name: str) -> None:
    data = plain(a_snapshot())
    del data[name]
    assert name in refused(data)


def test_text_that_is_no_utf8_is_refused() -> None:
    refused(encode(a_snapshot()).replace(b"\xa2w1", b"\xa2\xff\xfe"))


def test_nesting_without_end_is_refused() -> None:
    refused(b"\x81\xa7unknown" + b"\x91" * 100_000 + b"\x01")


@pytest.mark.parametrize("name", ["seq", "second", "users", "in_flight", "backlog"])
@pytest.mark.parametrize("value", [-1, 2**63, 2**64 - 1, 1.5, math.nan, "1", None, True])
def test_a_number_that_no_run_can_have_is_refused(name: str, value: object) -> None:
    assert name in refused({**plain(a_snapshot()), name: value})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.1, 1e300])
@pytest.mark.parametrize("name", ["cpu_percent", "cpu_s", "wall_s", "stolen_s"])
def test_a_time_or_share_that_is_not_finite_and_positive_is_refused(
    name: str, value: float
) -> None:
    data = plain(a_snapshot())
    if name == "cpu_percent":
        data[name] = value
    else:
        data["stages"][0][1][FIELDS.index(name)] = value
    refused(data)


@pytest.mark.parametrize("position", range(FIELDS.index("other_use_us")))
@pytest.mark.parametrize("value", [-1, 2**63])
def test_a_count_of_a_stage_that_is_negative_or_huge_is_refused(position: int, value: int) -> None:
    data = plain(a_snapshot())
    data["stages"][0][1][position] = value
    refused(data)


LOW = 5  # a bucket of one microsecond


@pytest.mark.parametrize(
    ("what", "times"),
    [
        ("an empty bucket", [{LOW: 0}, 0, 5, 5]),
        ("a negative count", [{LOW: -1}, 5, 5, 5]),
        ("a bucket below zero", [{-1: 1}, 5, 5, 5]),
        ("a bucket beyond the last", [{LAST_INDEX + 1: 1}, 2**40, 2**40, 2**40]),
        ("a minimum below its bucket", [{LOW: 1, 900: 1}, 905, 4, 900]),
        ("a minimum above its bucket", [{LOW: 1, 900: 1}, 906, 6, 900]),
        ("a maximum below its bucket", [{LOW: 1, 900: 1}, 904, 5, 899]),
        ("a maximum above its bucket", [{LOW: 1, 900: 1}, 906, 5, 901]),
        ("a maximum below the minimum", [{1024: 1}, 2048, 1025, 1024]),
        ("a negative maximum", [{LOW: 1}, 5, 5, -1]),
        ("a sum below all samples", [{LOW: 2}, 9, 5, 5]),
        ("a sum above all samples", [{LOW: 2}, 11, 5, 5]),
        ("a negative sum", [{LOW: 1}, -5, 5, 5]),
        ("samples without extremes", [{LOW: 1}, 5, 1 << 62, -1]),
        ("extremes without samples", [{}, 0, 5, 5]),
        ("a sum without samples", [{}, 5, 1 << 62, -1]),
    ],
)
def test_a_histogram_that_contradicts_itself_is_refused(what: str, times: list[Any]) -> None:
    data = plain(a_snapshot())
    data["stages"][0][1][FIELDS.index("lateness")] = times
    assert refused(data), what


@given(st.lists(st.integers(0, 10**10)))
def test_every_real_histogram_is_accepted(values_us: list[int]) -> None:
    times = Histogram()
    for us in values_us:
        times.record(us)
    record = StageRecord(lateness=times)
    received = decode(encode(snapshot(stages=[told(record)])))
    assert received.stages[0].record.lateness == times
