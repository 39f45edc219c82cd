"""jobload run | validate | init | try | compare | history | target."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from jobload.compare.compare_command import add_compare
from jobload.compare.result_file import PastRunError
from jobload.init.init_command import add_init
from jobload.judge.exit_code import CONFIGURATION_ERROR
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.lifecycle.files import find_locustfile, find_scenarios, find_thresholds
from jobload.lifecycle.locustfile import LocustfileUsers, read_locustfile
from jobload.lifecycle.observe.prometheus import Prometheus
from jobload.lifecycle.target.stand_in import target_command, target_environ, what_it_lacks
from jobload.lifecycle.try_command import try_scenario
from jobload.load.flow.preview import previews
from jobload.load.http.tls_context import tls_context
from jobload.plan.arrivals_planned import check_arrivals
from jobload.plan.flow.body_files import check_body_files
from jobload.plan.flow.environment import check_environment
from jobload.plan.flow.row_supply import check_supply, read_tables
from jobload.plan.flow.sources import sources_of
from jobload.plan.headers import ENVIRONMENT, resolve_headers
from jobload.plan.outline import outline_lines
from jobload.plan.payload_file import check_rows
from jobload.plan.plan_file import ADHOC, load_plan_file
from jobload.plan.problem import PlanError, Problem, collected
from jobload.plan.scenario import Scenario
from jobload.plan.scenario_fields import FLOW_USER
from jobload.plan.selection import resolve
from jobload.plan.shapes.custom import CUSTOM, custom_scenario
from jobload.report.files.history import HistoryError, read_history
from jobload.report.terminal.history_text import print_history
from jobload.report.terminal.streams import accept_any_text

NO_THRESHOLDS = "no threshold file, so only the implied checks hold"


def main(argv: Sequence[str] | None = None) -> int:
    accept_any_text()
    given = list(sys.argv[1:] if argv is None else argv)
    parser = _parser()
    if not given:
        parser.print_help()
        return CONFIGURATION_ERROR
    arguments, rest = parser.parse_known_args(given)
    if rest and arguments.command not in ("run", "target"):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        code: int = arguments.action(arguments, rest)
    except (PlanError, PastRunError, HistoryError) as error:
        print(error, file=sys.stderr)
        return CONFIGURATION_ERROR
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jobload", description="Load-tests a jobs API.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        add_help=False,
        help="run without the web UI; takes every option of `locust`, e.g. --suite small",
    )
    run.set_defaults(action=_run)
    validate = commands.add_parser(
        "validate", help="check scenarios and thresholds, and print the stages; makes no load"
    )
    validate.add_argument("--scenarios", metavar="FILE", help="default: scenarios.yaml")
    validate.add_argument("--thresholds", metavar="FILE", help="default: thresholds.yaml")
    validate.add_argument(
        "-f", "--locustfile", metavar="FILE", help="whose users the scenarios have, if not ours"
    )
    validate.set_defaults(action=_validate)
    add_init(commands)
    one = commands.add_parser(
        "try", help="send one operation of a scenario, and show each request, reply and check"
    )
    one.add_argument("scenario", metavar="SCENARIO")
    one.add_argument("--host", metavar="URL", required=True, help="e.g. http://127.0.0.1:8000")
    one.add_argument("--flow", metavar="NAME", help="of a scenario with flows; default: the first")
    one.add_argument("--scenarios", metavar="FILE", help="default: scenarios.yaml")
    one.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="changes a field"
    )
    one.set_defaults(action=_try)
    add_compare(commands)
    history = commands.add_parser("history", help="the runs so far, the newest last")
    history.add_argument("--results", metavar="DIR", default="results", help="default: results")
    history.add_argument("--last", type=int, metavar="N", help="only so many")
    history.set_defaults(action=_history)
    target = commands.add_parser(
        "target",
        add_help=False,
        help="the stand-in target with its own Redis, in the foreground; --port N",
    )
    target.set_defaults(action=_target)
    return parser


def _run(_: argparse.Namespace, rest: list[str]) -> int:
    """Becomes Locust, so that signals and the exit code need no go-between."""
    if not {"-h", "--help"} & {*rest}:
        # Of several the last one counts.
        own = [] if "LOCUST_LOCUSTFILE" in os.environ else ["-f", str(find_locustfile())]
        locust = [sys.executable, "-m", "jobload.lifecycle.entry", "--headless", *own, *rest]
        os.execv(sys.executable, locust)  # noqa: S606  # no shell, on purpose
    return _print_options_of_run()


def _print_options_of_run() -> int:
    """Locust prints its help before it has read a locustfile, so it can't know them."""
    from locust.argument_parser import LocustArgumentParser

    from jobload.lifecycle.options import add_options

    parser = LocustArgumentParser(
        prog="jobload run",
        usage="jobload run [option ...]",
        description="Makes the load of a scenario or suite and judges it; without --host against"
        " the embedded target.",
        epilog="Any locustfile can be run: -f FILE. Locust's options are taken as well: --host,"
        " --processes, --master, --worker and all that `locust --help` lists.",
        add_help=False,
    )
    add_options(parser)
    parser.print_help()
    return 0


def _target(_: argparse.Namespace, rest: list[str]) -> int:
    lacks = what_it_lacks()
    if lacks is None:
        os.execve(sys.executable, target_command(*rest), target_environ(os.environ))  # noqa: S606
    print(lacks, file=sys.stderr)
    return CONFIGURATION_ERROR


def _validate(arguments: argparse.Namespace, _: list[str]) -> int:
    path = find_scenarios(arguments.scenarios)
    file = read_locustfile(arguments.locustfile) if arguments.locustfile else None
    plan_file = (
        load_plan_file(path)
        if file is None
        else load_plan_file(path, known_users=file.users, default_mix=file.mix)
    )
    thresholds = find_thresholds(
        arguments.thresholds, arguments.scenarios, own_users=bool(file and file.mix)
    )
    problems: list[Problem] = []
    with collected(problems):
        checks = load_threshold_file(
            thresholds,
            {**_customs(file), **plan_file.scenarios},
            endpoints=lambda scenario: None if file is not None else scenario.step_names,
            has_own_users=lambda scenario: _has_own_users(file, scenario),
            observe=plan_file.observe,
        )
    for scenario in plan_file.scenarios.values():
        with collected(problems):
            check_rows(scenario)
        with collected(problems):
            check_body_files(scenario)
        with collected(problems):
            check_arrivals(scenario)
    with collected(problems):
        tables = read_tables([*plan_file.scenarios.values()])
        runs = [[name] for name in plan_file.scenarios] + [*plan_file.suites.values()]
        for names in runs:
            with collected(problems):
                scenarios = [plan_file.scenarios[name] for name in names]
                check_supply(scenarios, {k: tables[k] for k in sources_of(scenarios)})
    if problems:
        raise PlanError(dict.fromkeys(problems))
    print("\n".join(outline_lines(plan_file.scenarios.values())), end="\n\n")
    for title, requests in _requests(plan_file.scenarios.values()):
        print(f"{title} sends", *requests, sep="\n  ", end="\n\n")
    for suite, names in plan_file.suites.items():
        print(f"suite {suite}: {', '.join(names)}")
    count = sum(len(specs) for specs in checks.values())
    print(f"\n{path}: {len(plan_file.scenarios)} scenarios, {len(plan_file.suites)} suites")
    print(f"{thresholds or NO_THRESHOLDS}: {count} checks")
    if file is not None:
        print(f"{arguments.locustfile}: {', '.join(file.users)}")
    for scenario in plan_file.scenarios.values():
        _note_what_is_lacking(
            f"{scenario.name}: ",
            partial(resolve_headers, scenario.headers, os.environ),
            partial(check_environment, scenario, os.environ),
            partial(tls_context, scenario),
        )
    if plan_file.observe is not None:
        _note_what_is_lacking("", partial(Prometheus, plan_file.observe, os.environ))
    return 0


def _customs(file: LocustfileUsers | None) -> dict[str, Scenario]:
    if file is None or not file.has_own_shape:
        return {}
    return {CUSTOM: custom_scenario(file.mix)}


def _has_own_users(file: LocustfileUsers | None, scenario: Scenario) -> bool:
    return file is not None and not scenario.users_mix.keys().isdisjoint(file.unmeasured)


def _requests(scenarios: Iterable[Scenario]) -> Iterator[tuple[str, list[str]]]:
    """Each kind of operation once, with the names of those that send it."""
    senders: dict[tuple[str, ...], list[str]] = {}
    for scenario in scenarios:
        if scenario.users_mix.keys() <= {FLOW_USER, "JobSubmitter"} and scenario.name != ADHOC:
            senders.setdefault(tuple(previews(scenario)), []).append(scenario.name)
    for requests, names in senders.items():
        yield ", ".join(names), [*requests]


def _try(arguments: argparse.Namespace, _: list[str]) -> int:
    plan_file = load_plan_file(find_scenarios(arguments.scenarios))
    (scenario,) = resolve(plan_file, scenario=arguments.scenario, overrides=arguments.set)
    return try_scenario(scenario, arguments.host, arguments.flow)


def _note_what_is_lacking(of: str, *checks: Callable[[], object]) -> None:
    """No mistake of the plan: who checks a plan may not hold the secrets of who runs it."""
    lacking: list[Problem] = []
    for check in checks:
        with collected(lacking):
            check()
    for problem in lacking:
        named = "" if problem.file == ENVIRONMENT else f"{problem.file} "
        print(f"note: {of}{problem.key}: {named}{problem.message}")


def _history(arguments: argparse.Namespace, _: list[str]) -> int:
    entries, unreadable = read_history(arguments.results)
    last = len(entries) if arguments.last is None else max(0, arguments.last)
    print_history(entries[len(entries) - min(last, len(entries)) :], sys.stdout)
    if unreadable:
        lines = "line" if unreadable == 1 else "lines"
        print(f"{unreadable} {lines} of the history could not be read.", file=sys.stderr)
    return 0
