from __future__ import annotations

import io
from itertools import combinations
from typing import Any

import pytest
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


def test_where_no_alarm_could_be_raised_it_says_so() -> None:
    none, few, enough = (
        [past_run(past_scenario(past_stage(spread(20, n=n)))) for _ in range(3)]
        for n in (0, 50, 350)
    )
    assert flat(compare(few, enough)).endswith("No alarm; of 1 figure there are too few samples.")
    percentiles = "No alarm; of 2 figures there are too few samples."
    assert flat(compare(none, none)).endswith(percentiles)


def test_one_run_a_side_is_labelled_indicative() -> None:
    text = flat(compare([light_run(20)], [light_run(26, 1)]))
    assert "Indicative: a side of one run tells nothing" in text
    assert text.endswith("Regression (indicative): light p50, light p99.")


def test_one_run_against_several_is_not_told_as_one_a_side() -> None:
    text = flat(compare(light_runs([20, 20, 20]), [light_run(20, 1)]))
    assert "Indicative: a side of one run" in text
    assert "run a side" not in text


@pytest.mark.parametrize(
    ("base", "new", "orders"), [(2, 2, 6), (3, 3, 20), (5, 3, 20), (4, 4, 70), (5, 5, None)]
)
def test_few_runs_a_side_come_with_how_often_chance_alone_is_an_alarm(
    base: int, new: int, orders: int | None
) -> None:
    told = flat(compare(light_runs([20] * base), light_runs([20] * new)))
    assert ("chance alone" in told) is (orders is not None)
    assert orders is None or f"in up to 1 of {orders} such comparisons" in told


def test_of_all_orders_of_runs_that_differ_much_one_is_an_alarm() -> None:
    """What is told of two runs a side."""
    runs = light_runs([20, 26, 34, 44])
    alarms = [
        new
        for new in combinations(runs, 2)
        if compare([run for run in runs if run not in new], new).regressions
    ]
    assert alarms == [(runs[2], runs[3])]


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
