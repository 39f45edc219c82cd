from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.load.http import payload as payload_module
from jobload.load.http.payload import FilePayload, NoPayload, ReferencePayload


@given(st.integers(0, 10**6), st.integers(0, 20_000))
def test_the_job_of_the_reference_design(worker: int, data_bytes: int) -> None:
    body = ReferencePayload(worker, data_bytes).body()
    job = json.loads(body)
    assert list(job) == ["job_name", "args", "priority"]
    prefix, nanoseconds = job["job_name"].rsplit("-", 1)
    assert prefix == f"load-test-job-{worker}"
    assert nanoseconds.isdigit()
    assert list(job["args"]) == ["model", "data", "worker_id"]
    assert job["args"]["model"] == "test-model"
    assert job["args"]["worker_id"] == worker
    assert job["priority"] == worker % 3
    assert len(job["args"]["data"]) == data_bytes


@pytest.mark.parametrize("data_bytes", [0, 1, 92, 93, 94, 1024, 4096, 8192])
def test_the_length_of_the_data_is_its_size_on_the_wire(data_bytes: int) -> None:
    payload = ReferencePayload(7, data_bytes)
    body = payload.body()
    data = orjson.loads(body)["args"]["data"]
    assert data.encode("ascii") in body
    assert data.isprintable()
    assert len(body) - data_bytes == pytest.approx(120, abs=10)


def test_names_are_unique_however_fast_they_are_made() -> None:
    payload = ReferencePayload(1, 10)
    names = [orjson.loads(payload.body())["job_name"] for _ in range(10_000)]
    assert len(set(names)) == 10_000


def test_only_the_name_changes_from_one_body_to_the_next() -> None:
    payload = ReferencePayload(1, 500)
    first, second = orjson.loads(payload.body()), orjson.loads(payload.body())
    assert first.pop("job_name") != second.pop("job_name")
    assert first == second


def test_rows_go_out_in_turn_and_then_again_from_the_first(tmp_path: Path) -> None:
    file = tmp_path / "jobs.jsonl"
    file.write_bytes(b'{"n": 1}\n\n  {"n": 2}  \r\n{"n": 3}')
    payload = FilePayload(file)
    bodies = [payload.body() for _ in range(7)]
    assert bodies == [b'{"n": %d}' % n for n in (1, 2, 3, 1, 2, 3, 1)]


def test_a_file_of_any_size_is_read_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(_: Path) -> Iterator[tuple[int, bytes]]:
        yield 1, b"1"
        yield 2, b"2"
        pytest.fail("more is read than is sent")

    monkeypatch.setattr(payload_module, "read_rows", rows)
    payload = FilePayload(Path("jobs.jsonl"))
    assert [payload.body(), payload.body()] == [b"1", b"2"]


def test_a_byte_order_mark_is_never_sent(tmp_path: Path) -> None:
    file = tmp_path / "jobs.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"n": 1}\n{"n": 2}\n')
    payload = FilePayload(file)
    assert [payload.body() for _ in range(3)] == [b'{"n": 1}', b'{"n": 2}', b'{"n": 1}']


def test_a_file_without_rows_is_named_each_time(tmp_path: Path) -> None:
    file = tmp_path / "jobs.jsonl"
    file.write_bytes(b"\n \n")
    payload = FilePayload(file)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"jobs\.jsonl holds no row"):
            payload.body()


def test_a_file_that_is_not_there_is_named_each_time(tmp_path: Path) -> None:
    payload = FilePayload(tmp_path / "jobs.jsonl")
    for _ in range(2):
        with pytest.raises(FileNotFoundError, match=r"jobs\.jsonl"):
            payload.body()


def test_what_sends_no_body_has_none() -> None:
    assert NoPayload().body() == b""
