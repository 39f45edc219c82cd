from __future__ import annotations

import io
from typing import Any

from made_past import light_run, light_runs, past_run, past_scenario, past_stage, spread

from jobload.compare.comparison import Comparison, compare
from jobload.compare.comparison_text import print_comparison


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def text_of(comparison: Comparison) -> str:
    file = io.StringIO()
    print_comparison(comparison, file)
    return file.getvalue()


def flat(comparison: Comparison) -> str:
    return " ".join(text_of(comparison).split())


def test_a_regression_stands_in_its_line_and_in_the_last() -> None:
    text = text_of(compare(light_runs([20, 20.1, 20.2]), light_runs([26, 26.1, 26.2], 9)))
    (line,) = [line for line in text.splitlines() if line.startswith("light p50")]
    assert line.split()[2:7] == ["20.1", "ms", "26.2", "ms", "1.300"]
    assert line.endswith("REGRESSION")
    assert text.splitlines()[-1] == "Regression: light p50, light p99."


def test_no_alarm_says_so_and_how_many_changes_may_be_chance() -> None:
    calm = light_runs([20, 20.1, 20.2])
    assert flat(compare(calm, calm)).endswith("No alarm.")
    mixed = light_runs([26, 19.9, 27], 9)
    assert "may be chance: more runs would tell" in flat(compare(calm, mixed))


def test_one_run_a_side_is_labelled_indicative() -> None:
    text = flat(compare([light_run(20)], [light_run(26, 1)]))
    assert "Indicative: a side of one run tells nothing" in text
    assert text.endswith("Regression (indicative): light p50, light p99.")


def test_one_run_against_several_is_not_told_as_one_a_side() -> None:
    text = flat(compare(light_runs([20, 20, 20]), [light_run(20, 1)]))
    assert "Indicative: a side of one run" in text
    assert "run a side" not in text


def test_two_runs_a_side_come_with_a_caution_and_three_without() -> None:
    two, three = light_runs([20, 20]), light_runs([20, 20, 20])
    assert "give three" in flat(compare(two, two))
    assert "give three" not in flat(compare(three, three))


def test_a_version_of_the_target_that_is_not_known_is_said() -> None:
    known = [light_run(20, n, target_version="1.4") for n in range(3)]
    newer = [light_run(20, n, target_version="1.5") for n in range(3)]
    unknown = light_runs([20, 20, 20])
    assert "version is not known" in flat(compare(known, unknown))
    assert "Versions of the target: 1.4, 1.5." in flat(compare(known, newer))
    assert "ersion" not in flat(compare(known, known))


def test_every_line_fits_into_80_columns() -> None:
    def wide(seed: int) -> list[Any]:
        return [past_stage(spread(123_456, seed=seed), name=f"{'step' * 15}-{n}") for n in range(2)]

    runs = [past_run(past_scenario(*wide(n), name="a" * 64)) for n in range(4)]
    text = text_of(compare(runs[:2], runs[2:]))
    assert max(map(len, text.splitlines())) <= 80


def test_there_is_colour_on_a_terminal_only() -> None:
    comparison = compare(light_runs([20, 20.1, 20.2]), light_runs([26, 26.1, 26.2], 9))
    terminal = Terminal()
    print_comparison(comparison, terminal)
    assert "\x1b[1;31mREGRESSION" in terminal.getvalue()
    assert "\x1b" not in text_of(comparison)
