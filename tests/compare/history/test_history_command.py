"""jobload history, as it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_history import line, lines_of_p99, noisy, run_id, step, write_history

from jobload.cli import main

PLANTED = 25


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return write_history(tmp_path, lines_of_p99(noisy(step(PLANTED))))


def said(results: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["history", "--results", str(results), *options]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "first"), [([], 0), (["--last", "2"], 38), (["--last", "99"], 0)]
)
def test_the_history_shows_the_newest_last(
    results: Path, capsys: pytest.CaptureFixture[str], options: list[str], first: int
) -> None:
    _, *rows, _ = said(results, capsys, *options).split("\n\n")[0].splitlines()
    assert [row.split()[0] for row in rows] == [run_id(number) for number in range(first, 40)]


@pytest.mark.parametrize("last", ["0", "-3", "all"])
def test_no_run_at_all_is_no_history(
    results: Path, capsys: pytest.CaptureFixture[str], last: str
) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["history", "--results", str(results), "--last", last])
    assert raised.value.code == 2
    assert f"expected a number of runs, 1 or more, not '{last}'" in capsys.readouterr().err


def test_a_step_of_five_percent_is_shown_at_its_run(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options in ([], ["--changes"]):
        assert f"since {run_id(PLANTED)}" in said(results, capsys, *options)


def test_changes_alone_are_without_the_list(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "verdict" in said(results, capsys)
    assert "verdict" not in said(results, capsys, "--changes")


def test_programs_get_every_figure_and_the_change(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(said(results, capsys, "--json"))
    (series,) = told["series"]
    p99 = series["metrics"]["p99"]
    assert (told["schema"], told["unreadable_lines"]) == ("jobload.history/1", 0)
    assert [run["run_id"] for run in series["runs"]] == [run_id(n) for n in range(40)]
    assert p99["values"] == noisy(step(PLANTED))
    (change,) = p99["changes"]
    assert change["run_id"] == run_id(PLANTED)
    assert change["index"] == PLANTED
    assert change["worse"] is True
    assert change["change_percent"] == pytest.approx(5, abs=1.5)
    assert change["p_value"] < 0.005
    assert series["metrics"]["throughput"]["changes"] == []


def test_a_folder_without_a_history_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", "--results", str(tmp_path)]) == 2
    assert "history.jsonl can't be read" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--changes"], ["--json"]])
def test_a_broken_line_is_said_and_the_rest_is_shown(
    results: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    with (results / "history.jsonl").open("a") as file:
        file.write("half a li\n")
        file.write(json.dumps(line(1, figures={"p99_ms": "NaN"})) + "\n")
    assert main(["history", "--results", str(results), *options]) == 0
    told = capsys.readouterr()
    assert run_id(PLANTED) in told.out
    unreadable = "2 lines of the history could not be read"
    assert unreadable in told.err or '"unreadable_lines": 2' in told.out
