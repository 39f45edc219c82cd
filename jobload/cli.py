"""jobload run | validate | init | try | compare | history | target.

Each command imports what it needs when it is given: to start must not take longer than to do.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from jobload.compare.compare_command import add_compare
from jobload.compare.history.history_command import add_history
from jobload.init.init_command import add_init
from jobload.judge.exit_code import CONFIGURATION_ERROR, INTERRUPTED, INVALID
from jobload.lifecycle.files import find_locustfile, find_scenarios, set_locustfile
from jobload.report.terminal.streams import accept_any_text, outlive_output, tell

ENDLESS = {"run", "target"}
"""They take care of their output by themselves."""
HELP = {"-h", "--help"}
HUSHED = ("-L", "--logl", "--logf", "--skip-log")
"""Who says what shall be logged, does not want to hear that it starts."""


def main(argv: Sequence[str] | None = None) -> int:
    accept_any_text()
    atexit.register(gc.freeze)  # to look for garbage as it ends takes a fifth of its CPU
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return _main(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        return INTERRUPTED["sigint"]
    except Exception:
        tell(traceback.format_exc(), end="")
        return INVALID  # Python's own would be 1, which means FAIL, or worse


def _main(given: list[str]) -> int:
    if {*given[:1]} & ENDLESS and not {*given} & HELP:
        return _given(given)
    told = outlive_output()
    try:
        return told(_given(given))
    except SystemExit as leaving:  # argparse has printed its help, or a mistake
        if not isinstance(leaving.code, int):
            raise
        sys.exit(told(leaving.code))


def _given(given: list[str]) -> int:
    parser, commands = _parsers()
    if not given:
        parser.print_help()
        return CONFIGURATION_ERROR
    if given[0] == "--version":
        from importlib.metadata import version

        print(f"jobload {version('jobload')}")
        return 0
    arguments, rest = parser.parse_known_args(given)
    if (gone := _folder_is_gone()) is not None:
        parser.error(gone)
    if rest and arguments.command not in ENDLESS:
        commands[arguments.command].error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        code: int = arguments.action(arguments, rest)
    except Exception as error:
        if not isinstance(error, _mistakes()):
            raise
        tell(str(error))
        return CONFIGURATION_ERROR
    return code


def _folder_is_gone() -> str | None:
    try:
        Path.cwd()
    except OSError as error:
        return f"the current folder can't be used: {error.strerror}; change to one that is there"
    return None


def _mistakes() -> tuple[type[Exception], ...]:
    """Of whoever gave the command, each told in a sentence."""
    from jobload.compare.result_file import PastRunError
    from jobload.plan.problem import PlanError
    from jobload.report.files.history import HistoryError

    return PlanError, PastRunError, HistoryError


def _parsers() -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    """Of everything, and of each command."""
    parser = argparse.ArgumentParser(prog="jobload", description="Load-tests an HTTP API.")
    parser.add_argument("--version", action="store_true", help="which one this is, and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        add_help=False,
        help="run without the web UI; takes every option of `locust`, e.g. --suite small",
    )
    run.set_defaults(action=_run)
    validate = commands.add_parser(
        "validate",
        help="check scenarios and thresholds, and print the stages; makes no load",
        description="Checks both files and what they name, prints the stages, and makes no load.",
    )
    validate.add_argument("--scenarios", metavar="FILE", help="default: scenarios.yaml")
    validate.add_argument(
        "--thresholds", metavar="FILE", help="default: thresholds.yaml beside the scenarios"
    )
    validate.add_argument(
        "-f", "--locustfile", metavar="FILE", help="whose users the scenarios have, as for a run"
    )
    validate.set_defaults(action=_validate)
    add_init(commands)
    one = commands.add_parser(
        "try",
        help="send one operation of a scenario, and show each request, reply and check",
        description="Sends one operation of a scenario, and shows each request, reply and check.",
        epilog="exit codes: 0 it succeeded; 1 it did not; 2 a mistake in options or files",
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
    add_history(commands)
    target = commands.add_parser(
        "target",
        add_help=False,
        help="the stand-in target with its own Redis, in the foreground; --port N",
    )
    target.set_defaults(action=_target)
    return parser, commands.choices


def _run(_: argparse.Namespace, rest: list[str]) -> int:
    """Becomes Locust, so that signals and the exit code need no go-between."""
    if not HELP & {*rest}:
        own = []
        if not os.environ.get("LOCUST_LOCUSTFILE"):
            own = ["-f", set_locustfile(rest) or str(find_locustfile())]
        arguments = ["--headless", *own, *rest]  # of several -f the last one counts
        if not any(argument.startswith(HUSHED) for argument in rest):
            _say_that_it_starts(arguments)
        locust = [sys.executable, "-m", "jobload.lifecycle.entry", *arguments]
        _keep_signals_waiting()
        os.execv(sys.executable, locust)  # noqa: S606  # no shell, on purpose
    return _print_options_of_run()


def _keep_signals_waiting() -> None:
    """Until what this process becomes can take them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])


def _say_that_it_starts(arguments: Sequence[str]) -> None:
    from jobload.lifecycle.target.early_start import is_likely_wanted

    embedded = is_likely_wanted(arguments, os.environ)
    tell(f"jobload starts{', and the embedded target with it' if embedded else ''} ...")


def _print_options_of_run() -> int:
    """Locust prints its help before it has read a locustfile, so it can't know them."""
    from jobload.lifecycle.locust_import import import_locust

    import_locust()
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
    from jobload.lifecycle.target.stand_in import target_command, target_environ, what_it_lacks

    lacks = what_it_lacks()
    if lacks is None:
        environ = target_environ(os.environ) | {"TARGET_APP_CALLED": "jobload target"}
        _keep_signals_waiting()
        os.execve(sys.executable, target_command(*rest), environ)  # noqa: S606  # no shell
    tell(lacks)
    return CONFIGURATION_ERROR


def _validate(arguments: argparse.Namespace, _: list[str]) -> int:
    from jobload.lifecycle.validate_command import validate

    return validate(arguments)


def _try(arguments: argparse.Namespace, _: list[str]) -> int:
    from jobload.lifecycle.try_command import try_scenario
    from jobload.plan.plan_file import load_plan_file
    from jobload.plan.selection import resolve

    plan_file = load_plan_file(find_scenarios(arguments.scenarios))
    (scenario,) = resolve(plan_file, scenario=arguments.scenario, overrides=arguments.set)
    return try_scenario(scenario, arguments.host, arguments.flow)


if __name__ == "__main__":
    sys.exit(main())
