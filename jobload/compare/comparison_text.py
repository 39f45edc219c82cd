"""A comparison of runs as a table of 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import comb
from typing import TextIO

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from jobload.compare.alarm_rule import Rule
from jobload.compare.comparison import Change, Comparison, Place
from jobload.compare.earlier_run import PastRun
from jobload.judge.thresholds.value_text import value_text
from jobload.plan.counted import counted
from jobload.report.terminal.page import add_numbers, bare_table, print_parts
from jobload.report.text.shown_figures import NONE

ENOUGH_RUNS = 5
STYLES = {"regression": "bold red", "improvement": "green", "unclear": "yellow"}


def print_comparison(comparison: Comparison, file: TextIO) -> None:
    print_parts(_report(comparison), file)


def _report(comparison: Comparison) -> Iterator[RenderableType]:
    yield Text.assemble(("base", "bold"), f"  {runs_text(comparison.base)}")
    yield Text.assemble(("new", "bold"), f"   {runs_text(comparison.new)}")
    for note in rule_and_cautions(comparison):
        yield Text(note, "dim")
    yield Text()
    yield _table(comparison)
    yield Text()
    word, style, rest = conclusion(comparison)
    yield Text.assemble((word, style), rest)


def runs_text(runs: Sequence[PastRun]) -> str:
    return f"{counted(len(runs), 'run')}: {', '.join(run.run_id for run in runs)}"


def rule_and_cautions(comparison: Comparison) -> Iterator[str]:
    rule = comparison.rule
    yield (
        f"An alarm: more than {rule.percent:g} % worse, by more than {rule.delta_ms:g} ms or"
        f" {rule.delta_rps:g}/s, and the interval of the ratio, {rule.confidence_percent:g} % for"
        " all places together, excludes 1."
    )
    yield from cautions(comparison)


def cautions(comparison: Comparison) -> Iterator[str]:
    if comparison.is_indicative:
        yield "Indicative: a side of one run tells nothing of how much runs differ by chance."
    elif comparison.fewest_runs < ENOUGH_RUNS:
        yield _by_chance(comparison.fewest_runs, comparison.rule)
    versions = {run.target_version for run in (*comparison.base, *comparison.new)}
    if None in versions:
        yield "The target's version is not known for every run, so it may not be the same."
    elif len(versions) > 1:
        yield f"Versions of the target: {', '.join(sorted(map(str, versions)))}."
    if others := list(_made_by_others([*comparison.base, *comparison.new])):
        yield f"A change may be of what made the load, which differs: {'; '.join(others)}."


def _made_by_others(runs: Sequence[PastRun]) -> Iterator[str]:
    for name in dict.fromkeys(name for run in runs for name in run.made_by):
        found = dict.fromkeys(run.made_by[name] for run in runs if name in run.made_by)
        if len(found) > 1:
            yield f"{name} {' / '.join(found)}"


def _by_chance(runs: int, rule: Rule) -> str:
    """The slowest may all happen to be of one side, which nothing tells from a change."""
    orders, of_enough = (comb(2 * count, count) for count in (runs, ENOUGH_RUNS))
    return (
        f"Where runs of a side differ by more than {rule.percent:g} % as well, chance alone is an"
        f" alarm of a figure in up to 1 of {orders} such comparisons; with {ENOUGH_RUNS} runs a"
        f" side, 1 of {of_enough}."
    )


def _table(comparison: Comparison) -> Table:
    table = bare_table()
    table.add_column("", overflow="fold", max_width=20)
    table.add_column("", no_wrap=True)
    add_numbers(table, "base", "new", "ratio", "interval")
    table.add_column("", no_wrap=True)
    before: Place | None = None
    for change in comparison.changes:
        name = "" if change.place == before else str(change.place)
        before = change.place
        table.add_row(name, change.metric, *change_figures(change), _finding(change))
    return table


def change_figures(change: Change) -> list[str]:
    interval = change.interval
    return [
        *(NONE if v is None else value_text(v, change.unit) for v in (change.base, change.new)),
        NONE if change.ratio is None else f"{change.ratio:.3f}",
        NONE if interval is None else f"{interval.low:.3f}–{interval.high:.3f}",
    ]


def _finding(change: Change) -> Text:
    text = change.finding.upper() if change.finding == "regression" else change.finding
    return Text(text, STYLES.get(change.finding, "dim"))


def conclusion(comparison: Comparison) -> tuple[str, str, str]:
    """The word, its style, and what else there is to say."""
    label = " (indicative)" if comparison.is_indicative else ""
    found = Counter(change.finding for change in comparison.changes)
    if found["regression"]:
        names = ", ".join(f"{change.place} {change.metric}" for change in comparison.regressions)
        return "Regression", "bold red", f"{label}: {names}."
    if not comparison.says_something:
        return "Not compared", "yellow", ": there are too few samples of every figure."
    more = ""
    if unclear := found["unclear"]:
        more += f"; {counted(unclear, 'large change')} may be chance: more runs would tell"
    if lacking := found["too few samples"]:
        more += f"; of {counted(lacking, 'figure')} there are too few samples"
    return "No alarm", "green", f"{label}{more}."
