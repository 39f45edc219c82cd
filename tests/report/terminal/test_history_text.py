from __future__ import annotations

import io
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from made_result import full_result

from jobload.report.files.history import HistoryEntry, HistoryError, read_history
from jobload.report.files.history_entry import history_entry
from jobload.report.terminal.history_text import print_history


@cache
def own_entry() -> dict[str, Any]:
    return history_entry(full_result())


def table(*entries: dict[str, object]) -> list[str]:
    file = io.StringIO()
    print_history([HistoryEntry.model_validate(entry) for entry in entries], file)
    return file.getvalue().splitlines()


def test_a_run_is_a_line_with_its_verdict_and_figures() -> None:
    head, line, *_ = table({**own_entry(), "scenarios": ["light"]})
    assert head.split() == ["run", "when", "scenarios", "verdict", "done/s", "errors", "p99", "ms"]
    run_id, *_, scenario, verdict, throughput, errors, percent, p99 = line.split()
    total = full_result().total
    assert (run_id, scenario, verdict) == (full_result().run_id, "light", "FAIL")
    assert throughput == f"{total.throughput_rps:,.1f}"
    assert (errors, percent) == (f"{total.error_rate_percent:,.1f}", "%")
    assert p99 == f"{total.p99_latency_ms:,.1f}"


def test_the_list_says_that_its_rates_are_not_those_of_a_stage() -> None:
    assert table(own_entry())[-1].endswith("of all stages of a run, ramps included.")


def test_a_run_that_measured_nothing_has_dashes() -> None:
    empty = {"throughput_rps": None, "error_rate_percent": None, "p99_latency_ms": None}
    assert table({**own_entry(), **empty, "scenarios": []})[1].split()[-3:] == ["–", "–", "–"]


def test_many_scenarios_fit_into_80_columns() -> None:
    many = {**own_entry(), "scenarios": [f"scenario-{n}" for n in range(20)]}
    assert max(map(len, table(many))) <= 80


def test_a_line_of_the_file_can_not_command_the_terminal() -> None:
    text = "\n".join(
        table({**own_entry(), "run_id": "\x1b[2Jgone", "scenarios": ["a\x1b]0;x\x07"]})
    )
    assert "\x1b" not in text
    assert "\x07" not in text


def history(folder: Path, *lines: str) -> Path:
    (folder / "history.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return folder


def test_entries_come_in_the_order_of_the_file_and_broken_lines_are_counted(tmp_path: Path) -> None:
    lines = [json.dumps({**own_entry(), "run_id": f"run-{n}"}) for n in range(3)]
    folder = history(tmp_path, lines[0], "half a li", lines[1], "[]", "", lines[2])
    entries, unreadable = read_history(folder)
    assert [entry.run_id for entry in entries] == ["run-0", "run-1", "run-2"]
    assert unreadable == 2


def test_without_a_history_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="Each run adds a line"):
        read_history(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe" * 50,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b'{"run_id": ["a"]}',
        b'{"run_id": "a", "scenarios": {"b": 1}}',
        b'{"run_id": "a", "throughput_rps": NaN}',
        b'{"run_id": "a", "total_requests": 1e400}',
    ],
)
def test_a_line_of_any_bytes_is_just_unreadable(tmp_path: Path, line: bytes) -> None:
    good = json.dumps(own_entry()).encode()
    (tmp_path / "history.jsonl").write_bytes(line + b"\n" + good + b"\n")
    entries, unreadable = read_history(tmp_path)
    assert [entry.run_id for entry in entries] == [own_entry()["run_id"]]
    assert unreadable == 1
    table({**own_entry(), "started_at": "0001-01-01T00:00:00"})


def test_a_history_that_is_a_pipe_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "history.jsonl")
    with pytest.raises(HistoryError, match="is no ordinary file"):
        read_history(tmp_path)
