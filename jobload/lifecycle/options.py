"""The options jobload adds to Locust's."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from locust.argument_parser import LocustArgumentParser

from jobload.lifecycle.files import SCENARIOS, THRESHOLDS, as_locust_reads, find_scenarios
from jobload.lifecycle.outside_options import add_outside_options
from jobload.lifecycle.worker.own_processes import (
    LOCUSTS_PORT,
    forks_and_leads_workers,
    port_of_own_workers,
)
from jobload.plan.plan_file import PlanFile, load_plan_file
from jobload.plan.problem import PlanError

LOCUSTS_PORTS = ("web_port", "master_bind_port", "master_port")
NAME_A_PORT = {
    "master-port": "LOCUST_MASTER_NODE_PORT",
    "master-bind-port": "LOCUST_MASTER_BIND_PORT",
    "master-bind-host": "LOCUST_MASTER_BIND_HOST",
}
ALL_INTERFACES = (None, "*", "0.0.0.0", "::")  # noqa: S104  # not bound here


def add_options(parser: LocustArgumentParser) -> None:
    # Locust's own defaults are all interfaces.
    parser.set_defaults(web_host="127.0.0.1", master_bind_host="127.0.0.1")
    if forks_and_leads_workers(os.environ, sys.argv[1:]):
        parser.set_defaults(**_where_own_workers_meet(sys.argv[1:]))
    for action in parser._actions:
        if action.dest in LOCUSTS_PORTS:
            action.type = _port
    group = parser.add_argument_group("jobload", "what to run, and what must hold")
    _add_form_fields(group)
    for option, metavar, default, text in (
        ("--scenarios", "FILE", None, f"the scenarios (default: {SCENARIOS})"),
        ("--thresholds", "FILE", None, f"the checks (default: {THRESHOLDS} beside them)"),
        ("--results", "DIR", "results", "where reports are written (default: results)"),
        ("--baseline", "FILE", None, "an earlier run's folder or result.json to compare with"),
        ("--ready", "PATH", None, "a path that must answer 2xx or 3xx before any load is sent"),
        (
            "--target-version",
            "TEXT",
            None,
            "kept with the result (default: what the target says in a header X-App-Version)",
        ),
    ):
        group.add_argument(option, metavar=metavar, default=default, help=text)
    for option, dest, metavar, text in (
        ("--set", "overrides", "KEY=VALUE", "override a field of every scenario that runs"),
        ("--allow-target", "allowed_targets", "HOST", "a further host the web UI may aim at"),
    ):
        group.add_argument(
            option,
            dest=dest,
            action="append",
            default=[],
            metavar=metavar,
            help=f"{text} (repeatable)",
        )
    group.add_argument(
        "--across-versions",
        action="store_true",
        default=False,
        help="compare with a --baseline of another version of the target",
    )
    group.add_argument(
        "--repeat", type=int, default=1, metavar="N", help="run the scenario or suite N times"
    )
    add_outside_options(group)


def _add_form_fields(group: Any) -> None:
    """Options that the web UI's form shows as well, as drop-downs and boxes."""
    plan_file = _plan_file_for_choices()
    names = {
        "--scenario": (
            plan_file and [*plan_file.scenarios],
            "the scenario (default: light, where there is one)",
        ),
        "--suite": (plan_file and [*plan_file.suites], "the suite: scenarios in order"),
    }
    flags = {
        "--no-rate": "no arrival rate: users loop as fast as they can (closed model)",
        "--profile-only": "report all figures, judge nothing",
    }
    fields = [
        group.add_argument(option, type=_name, choices=choices or None, default=None, help=text)
        for option, (choices, text) in names.items()
    ]
    fields += [
        group.add_argument(option, action="store_true", default=False, help=text)
        for option, text in flags.items()
    ]
    for each in fields:
        each.include_in_web_ui = True


def _where_own_workers_meet(arguments: Sequence[str]) -> dict[str, object]:
    """Where the master listens is where they look for it. One with an address that is named has
    Locust's port, at which workers of other machines find it."""
    named = as_locust_reads(arguments, os.environ, **NAME_A_PORT)
    host, port = named.master_bind_host, named.master_bind_port or named.master_port
    if port is None:
        port = LOCUSTS_PORT if host is not None else port_of_own_workers()
    address = {} if host in ALL_INTERFACES else {"master_host": host}
    return {"master_bind_port": port, "master_port": port, **address}


def _port(text: str) -> int:
    """Of any other number nobody finds the master, and the web UI ends with exit code 0."""
    with suppress(ValueError):
        if (port := int(text)) in range(65536):  # 0: a free one
            return port
    raise ArgumentTypeError(f"expected a port, 1 to 65535, and got {text}")


def _name(text: str) -> str:
    if not text.strip():
        raise ArgumentTypeError("is empty (a variable that is not set?); name one, or leave it out")
    return text.strip().lower()


def _plan_file_for_choices() -> PlanFile | None:
    """The names for --scenario and --suite; what is wrong with the file `setup_run` tells."""
    # Else --scenario would be --scenarios, shortened.
    given = as_locust_reads(sys.argv[1:], scenarios=None, scenario=None).scenarios
    try:
        return load_plan_file(find_scenarios(given))
    except PlanError:
        return None
