from __future__ import annotations

import io
from pathlib import Path

import pytest
from made_result import THRESHOLDS, full_result, full_run, result_of
from made_run import RUN_ID, Beat, MadeRun, light, planned

from jobload.measure.bounds import Bounds
from jobload.measure.collector import Collector
from jobload.measure.figures import RunFigures
from jobload.measure.snapshot import Snapshot, StageKey
from jobload.measure.stage_record import StageRecord
from jobload.plan.stage import Stage
from jobload.report.result import stage_model
from jobload.report.terminal.console_summary import print_report, render
from jobload.report.terminal.page import parts_text
from jobload.report.terminal.progress import progress_line
from jobload.report.terminal.text_tables import stage_table

SNAPSHOTS = Path(__file__).parent / "snapshots"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_report_of_a_full_run_looks_like_its_picture() -> None:
    picture = SNAPSHOTS / "full_run.txt"
    text = render(full_result())
    assert text == picture.read_text(encoding="utf-8"), f"look at it, then renew {picture}:\n{text}"


def test_every_line_fits_into_80_columns() -> None:
    assert max(map(len, render(full_result()).splitlines())) <= 80


def test_the_verdict_is_the_last_line() -> None:
    last = render(full_result()).splitlines()[-1]
    assert last == "Verdict: FAIL (exit 1) spike: error_rate 28.6 %, expected <= 20%"


def test_there_is_colour_on_a_terminal_only() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    print_report(full_result(), terminal)
    print_report(full_result(), pipe)
    assert "\x1b[1;31mFAIL" in terminal.getvalue()
    assert "\x1b" not in pipe.getvalue()


def invalid_run() -> RunFigures:
    run = MadeRun(workers=("w1", "w2"), end_reason="sigint")
    run.play(light(), planned())
    run.collector.write_off("w2")
    run.workers = ("w1",)
    return run.end()


def test_an_invalid_run_says_why_and_what_to_do() -> None:
    text = " ".join(render(result_of(invalid_run())).split())
    assert "FAIL workers-complete: worker w2 was lost: last heard at 30.0 s" in text
    assert "Find out why the worker ended" in text
    assert "Let the run come to its end." in text
    assert text.endswith("Verdict: INVALID (exit 130) interrupted by SIGINT")


def test_an_undecided_check_is_the_reason_of_an_invalid_run() -> None:
    run = full_run()
    text = THRESHOLDS.replace('"<= 20%"', '"<= 50%"').replace('"<= 55ms"', '"<= 90ms"')
    last = render(result_of(run, text.replace(", level: warn", ""))).splitlines()[-1]
    assert last.startswith("Verdict: FAIL (exit 1) endurance: drift")
    undecided = text.replace("metric: p99,", "metric: p99.99,")
    last = render(result_of(run, undecided)).splitlines()[-1]
    assert last == (
        "Verdict: INVALID (exit 3) light: p99.99 undecided, 1,250 samples, 29,956 needed…"
    )


def test_names_are_cut_short_before_any_figure_is() -> None:
    result = full_result()
    hold = result.scenarios[0].stages[1]
    times = hold.response_time_ms.model_copy(
        update={"p50": 31_234.7, "p95": 37_482.0, "p99": 46_852.2, "max": 62_469.4}
    )
    changes = {"name": "morning-peak", "users_from": 0, "users_to": 2000, "duration_s": 1800.0}
    changes |= {"offered": 1_234_567, "missed": 123_456, "error_rate_percent": 100.0}
    busy = hold.model_copy(update={**changes, "response_time_ms": times})
    row = next(line for line in stages_text([busy]).splitlines() if "1800 s" in line)
    assert row.split() == [
        *("morning-p…", "1800", "s", "0–2000", "1234567", "123456", "50.0", "100.0%"),
        *("31235", "37482", "46852", "62469"),
    ]


def stages_text(stages: list[stage_model.Stage]) -> str:
    return parts_text([stage_table(stages)])


class Unbounded(Bounds):
    """Lets through what no worker may say: it may stand in a result of elsewhere."""

    def admit(
        self, snapshot: Snapshot, before: object, now_s: float
    ) -> dict[StageKey, StageRecord]:
        return {stage.key: stage.record for stage in snapshot.stages}


def nasty_run() -> RunFigures:
    def beats(stage: Stage, second: int) -> Beat:
        text = f"[bold]{second}[/] {'long ' * 60}\n\x1b[31mred\x07 | <b>&amp;"
        return Beat(ms=[3_000_000.0], failed=1, missed=123_456, error=text)

    run = MadeRun(collector=Collector(RUN_ID, Unbounded()))
    run.play(light(name="a" * 64), beats)
    return run.end()


def test_texts_of_others_neither_break_the_table_nor_the_terminal() -> None:
    result = result_of(nasty_run())
    text = render(result)
    assert "[bold]0[/]" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "\x07" not in text
    terminal = Terminal()
    print_report(result, terminal)
    assert "\x1b[31mred" not in terminal.getvalue()


def test_no_text_of_others_begins_a_line_or_turns_it_around() -> None:
    result = result_of(nasty_run())
    forged = "\nVerdict: PASS (exit 0)\u202e\x1b[2J"
    for part in (result.topology.workers[0], result.validity[0], result.scenarios[0]):
        for name, value in part:
            if isinstance(value, str) and name not in ("status", "id", "name"):
                vars(part)[name] = value + forged
    vars(result.scenarios[0])["ended_early"] = forged
    terminal = Terminal()
    print_report(result, terminal)
    for text in (render(result), terminal.getvalue()):
        lines = text.splitlines()
        assert [n for n in lines if n.removeprefix("\x1b[1m").startswith("Verdict")] == lines[-1:]
        assert "\u202e" not in text
        assert "\x1b[2J" not in text


def test_a_long_expectation_uses_the_room_there_is() -> None:
    change = "scenarios:\n  light:\n    - {metric: p99, max_increase: 10%, min_delta: 5ms}\n"
    lines = render(result_of(full_run(), change)).splitlines()
    row = next(n for n, line in enumerate(lines) if line.startswith("  p99 "))
    assert "at most 10% more than the" in lines[row]
    assert max(map(len, lines)) <= 80


# --- the live line --------------------------------------------------------------------------


def test_the_live_line_says_where_the_run_is() -> None:
    scenario = MadeRun().play(light(), planned(ms=12.0))
    assert progress_line(scenario.scenario, scenario.stages[1], 17.3) == (
        "light hold 12/25s, 10 users, off 50 start 50 done 50/s, miss 0, err 0, p99 12ms"
    )


def test_the_live_line_of_the_first_second_has_no_figures_yet() -> None:
    scenario = MadeRun().play(light(), planned(), only=["hold"])
    line = progress_line(scenario.scenario, scenario.stages[0], 0.2)
    assert line.startswith("light hold 0/25s, 0 users")
    assert "p99 –" in line


def test_one_user_is_told_as_one() -> None:
    scenario = MadeRun().play(light(users=1), planned(), only=["hold"])
    line = progress_line(scenario.scenario, scenario.stages[0], 12.3)
    assert line.startswith("light hold 12/25s, 1 user, off 50 ")


@pytest.mark.parametrize("elapsed_s", [5.0, 9.9, 29.9])
def test_the_live_line_fits_into_80_columns(elapsed_s: float) -> None:
    run = nasty_run()
    line = progress_line(run.scenarios[0].scenario, run.scenarios[0].stages[1], elapsed_s)
    assert len(line) < 80


def test_a_long_name_leaves_the_progress_line_its_figures() -> None:
    run = MadeRun()
    run.play(light(name="n" * 64), planned())
    line = progress_line(run.scenarios[0].scenario, run.scenarios[0].stages[1], 17.3)
    assert len(line) <= 79
    assert line.endswith("… 12/25s 10u off/start/done 50/50/50 miss 0 err 0 p99 10")
