"""The drawing on a terminal: 80 columns, changes marked, and nothing that commands it."""

from __future__ import annotations

import io
from typing import TextIO

import pytest
from made_history import Line, line, lines_of_p99, noisy, run_id, step

from jobload.compare.history.run_series import series_of
from jobload.compare.history.series_text import BARS, DIGITS, print_series
from jobload.report.files.history import HistoryEntry

STEP = lines_of_p99(noisy(step(25, high=22.0)))


def drawn(lines: list[Line], encoding: str = "utf-8", *, terminal: bool = False) -> str:
    class File(io.TextIOWrapper):
        def isatty(self) -> bool:
            return terminal

    file: TextIO = File(io.BytesIO(), encoding=encoding, write_through=True)
    print_series(series_of([HistoryEntry.model_validate(each) for each in lines]), file)
    file.seek(0)
    return file.read()


@pytest.mark.parametrize(("encoding", "bars"), [("utf-8", BARS), ("ascii", DIGITS)])
def test_the_run_of_a_change_is_marked_below_its_bar_and_named(encoding: str, bars: str) -> None:
    lines = drawn(STEP, encoding).splitlines()
    at = next(number for number, text in enumerate(lines) if text.startswith("  p99"))
    bar, mark = lines[at], lines[at + 1].index("^" if encoding == "ascii" else "▲")
    assert {*bar[13:53]} <= {*bars}
    assert max(bar[13:mark]) < min(bar[mark:53])
    told = next(text for text in lines if f"since {run_id(25)}" in text)
    assert "ms (+" in told
    assert "worse" in told
    assert f"run {mark - 13 + 1} of 40" in lines[lines.index(told) + 1]


def test_noise_of_a_percent_is_drawn_as_little() -> None:
    lines = drawn(lines_of_p99([20.0, 20.2] * 6)).splitlines()
    heights = {name: text[13:25] for text in lines if (name := text.strip().split(" ")[0])}
    assert {*heights["p99"]} <= {*BARS[3:5]}
    assert len({*heights["throughput"]}) == 1


def test_nothing_is_wider_than_80_columns_nor_coloured_in_a_file() -> None:
    many = lines_of_p99(noisy(step(60, runs=90, high=30.0)))
    wide = [each | {"target": "http://" + "a" * 200, "machine": "CPU " * 40} for each in many]
    text = drawn(wide)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "run 61 of 90" in text


def test_a_terminal_gets_colours() -> None:
    assert "\x1b[" in drawn(STEP, terminal=True)


def test_what_is_known_to_have_changed_besides_is_said() -> None:
    lines = [
        each | {"revision": ("ab" if n < 25 else "cd") * 20, "target_version": f"1.{n // 25}"}
        for n, each in enumerate(STEP)
    ]
    assert "revision ababababab → cdcdcdcdcd, target 1.0 → 1.1" in drawn(lines)


def test_few_runs_and_runs_left_out_are_said() -> None:
    text = drawn([*STEP[:5], line(5, figures={"left_out": "INVALID"})])
    assert "5 runs are too few to tell a change from chance; it takes 12" in text
    assert "1 run left out: INVALID." in text


def test_runs_without_a_figure_are_gaps() -> None:
    text = drawn(lines_of_p99([1.0, None, 3.0]))
    assert "p99        ▁·█" in text
    assert "p99        –" not in text
    assert "p99        ··  –" in drawn(lines_of_p99([None, None]))


def test_without_any_series_there_is_a_sentence() -> None:
    assert drawn([]) == "No run tells the figures of its scenarios.\n"


def test_what_is_not_drawn_is_counted() -> None:
    """The first run of all is no other plan's."""
    own = " of one run or none: each plan, target, machine and topology has its own."
    first, later = drawn([line(0)]), drawn([*STEP[:5], line(5, figures={"plan": "other"})])
    assert " ".join(first.split()) == f"1 series{own}"
    assert " ".join(later.split()).endswith(f" 1 more series{own}")


def test_a_line_of_the_file_can_not_command_the_terminal() -> None:
    evil = "\x1b[2J\x07\u202egone\nVerdict: PASS"
    lines = [
        line(n, figures={"scenario": evil, "p99_ms": 1.0 + n // 10}, run_id=evil, target=evil)
        | {"revision": f"{evil}{n}", "target_version": f"{evil}{n}", "machine": evil}
        for n in range(20)
    ]
    text = drawn(lines)
    assert "since" in text
    assert not {"\x1b", "\x07", "\u202e"} & {*text}
    assert not [each for each in text.splitlines() if each.startswith("Verdict")]
