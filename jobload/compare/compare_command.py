"""jobload compare: are the new runs worse than the base ones?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from jobload.compare.alarm_rule import Rule
from jobload.judge.exit_code import FAILED, PASSED
from jobload.plan.counted import counted
from jobload.report.terminal.streams import tell

if TYPE_CHECKING:
    from jobload.compare.earlier_run import PastRun

CANNOT_COMPARE = 2

USAGE = """jobload compare A B [options]
       jobload compare --base DIR... --new DIR... [options]"""
DESCRIPTION = """\
Compares p50, p99, throughput and goodput of runs: for each scenario, each of its judged stages, and
overall. A figure is a regression when three things are true at once: its median of the new runs is
more than --max-change worse, by more than --min-delta (times) or --min-delta-rate (rates), and the
interval of the ratio, a bootstrap over runs and within them, excludes 1.

Give at least three runs a side, made in turns (base, new, base, new, ...), so that a machine that
gets slower is not taken for a target that does; five where runs of one version differ by more than
--max-change. One run a side is indicative at most."""
EPILOG = """\
exit codes: 0 no alarm; 1 a regression; 2 the runs can't be compared: they can't be read, were
INVALID or ended early, are in --base and --new both, or differ in scenarios, worker count or the
target's version"""


def add_compare(commands: Any) -> None:
    rule = Rule()
    parser = commands.add_parser(
        "compare",
        help="are the new runs worse than the base ones?",
        usage=USAGE,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "runs", nargs="*", metavar="A B", help="the folders or result.json files of two runs"
    )
    for option, text in (("--base", "runs of before"), ("--new", "runs to be judged")):
        parser.add_argument(option, nargs="+", default=[], metavar="DIR", help=text)
    for option, kind, default in (
        ("--max-change", _percent, f"{rule.percent:g}%"),
        ("--min-delta", partial(_quantity, "p99"), f"{rule.delta_ms:g}ms"),
        ("--min-delta-rate", partial(_quantity, "throughput"), f"{rule.delta_rps:g}/s"),
        ("--confidence", _confidence, f"{rule.confidence_percent:g}%"),
    ):
        parser.add_argument(
            option, type=kind, default=default, metavar="X", help="default: %(default)s"
        )
    parser.add_argument(
        "--seed", type=int, default=rule.seed, metavar="N", help="of the bootstrap; default: 0"
    )
    parser.add_argument(
        "--across-versions",
        action="store_true",
        help="compare runs that are known to be of different versions of the target",
    )
    parser.add_argument(
        "--comparable",
        type=run_count,
        metavar="N",
        help="of the base runs take the N newest that can be compared with the new ones",
    )
    parser.add_argument(
        "--markdown", action="store_true", help="for a comment or a summary, with a chart"
    )
    parser.set_defaults(action=lambda arguments, _: _compare(parser, arguments))


def _compare(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    """Imported here, since no other command needs what reads runs."""
    from jobload.compare.comparable import newest_comparable, on_both_sides, why_not_comparable
    from jobload.compare.comparison import compare
    from jobload.compare.comparison_markdown import comparison_markdown, not_compared_markdown
    from jobload.compare.comparison_text import print_comparison

    base, new = _sides(parser, arguments)
    across = arguments.across_versions
    if arguments.comparable is not None:
        base = newest_comparable(base, new, arguments.comparable, across_versions=across)
    reasons = [] if arguments.runs else [*on_both_sides(base, new)]
    reasons += why_not_comparable(base, new, across_versions=across)
    if reasons:
        tell("\n".join(reasons))
        if arguments.markdown:
            print(not_compared_markdown(reasons), end="")
        return CANNOT_COMPARE
    comparison = compare(
        base,
        new,
        Rule(
            percent=arguments.max_change,
            delta_ms=arguments.min_delta,
            delta_rps=arguments.min_delta_rate,
            confidence_percent=arguments.confidence,
            seed=arguments.seed,
        ),
    )
    if arguments.markdown:
        print(comparison_markdown(comparison), end="")
    else:
        print_comparison(comparison, sys.stdout)
    if not comparison.says_something:
        return CANNOT_COMPARE
    return FAILED if comparison.regressions else PASSED


def _sides(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace
) -> tuple[list[PastRun], list[PastRun]]:
    from jobload.compare.result_file import read_past_run

    pair, sides = arguments.runs, (arguments.base, arguments.new)
    if pair and any(sides):
        parser.error("give either two runs, or --base and --new")
    if any(sides) and not all(sides):
        parser.error("--base and --new belong together")
    if not any(sides) and len(pair) != 2:
        parser.error(f"expected two runs, or --base and --new, not {counted(len(pair), 'run')}")
    base, new = sides if any(sides) else (pair[:1], pair[1:])
    if arguments.comparable is None:
        return [read_past_run(path) for path in base], [read_past_run(path) for path in new]
    return _readable(base), [read_past_run(path) for path in new]


def _readable(paths: Sequence[str]) -> list[PastRun]:
    """Those are chosen from, so that one that is damaged does without. PastRunError for none."""
    from jobload.compare.result_file import PastRunError, read_past_run

    found: list[PastRun] = []
    for number, path in enumerate(paths, 1):
        try:
            found.append(read_past_run(path))
        except PastRunError as error:
            if number == len(paths) and not found:
                raise
            tell(f"Left out: {error}")
    return found


def run_count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"expected a number of runs, 1 or more, not {text!r}")
    return int(text)


def _percent(text: str) -> float:
    number = text.removesuffix("%")
    if not number.replace(".", "", 1).isdecimal():
        raise argparse.ArgumentTypeError(f"expected a percentage such as 10%, not {text!r}")
    return float(number)


def _confidence(text: str) -> float:
    value = _percent(text)
    if not 50 <= value < 100:
        raise argparse.ArgumentTypeError(f"expected at least 50% and less than 100%, not {text}")
    return value


def _quantity(metric: str, text: str) -> float:
    from jobload.judge.thresholds.limit import parse_quantity
    from jobload.judge.thresholds.metric import parse_metric

    try:
        return parse_quantity(parse_metric(metric), text)[0]
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
