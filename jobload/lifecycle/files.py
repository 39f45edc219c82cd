"""Where the files of a run are: named, in the current folder, or those that come with jobload."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from jobload.lifecycle.locust_import import import_locust
from jobload.plan.problem import PlanError, option_problem

SCENARIOS = "scenarios.yaml"
THRESHOLDS = "thresholds.yaml"
LOCUSTFILE = "locustfile.py"
LOCUST_SETTINGS = ("~/.locust.conf", "locust.conf", "pyproject.toml")
NAMES_A_LOCUSTFILE = re.compile(r"(?m)^\s*-*locustfile\b")


def find_scenarios(given: str | None) -> Path:
    named = check_named("--scenarios", given)
    return _own(SCENARIOS) if named is None else Path(named)


def find_thresholds(
    given: str | None, scenarios: str | None, *, own_users: bool = False
) -> Path | None:
    """The file named, or the one beside the scenarios. Those that come with jobload are about the
    scenarios that do, played by the users that do; with any other none is better than they."""
    if (named := check_named("--thresholds", given)) is not None:
        return Path(named)
    used = find_scenarios(scenarios)
    if comes_with_jobload(used):
        path = _own(THRESHOLDS)
        return None if own_users and comes_with_jobload(path) else path
    beside = used.parent / THRESHOLDS
    return beside if beside.exists() else None


def find_locustfile() -> Path:
    return _own(LOCUSTFILE)


def set_locustfile(arguments: Sequence[str] = ()) -> str | None:
    """The one that Locust's own files of settings name; Locust is asked only where one may."""
    files = [Path(os.path.expanduser(name)) for name in LOCUST_SETTINGS]  # noqa: PTH111  # no home
    named = (NAMES_A_LOCUSTFILE.search(f.read_text(errors="replace")) for f in files if f.is_file())
    if not any(a.startswith("--config") for a in arguments) and not any(named):
        return None
    found = as_locust_reads(arguments).locustfile
    return None if found == LOCUSTFILE else found


def as_locust_reads(
    arguments: Sequence[str], environ: Mapping[str, str] = os.environ, **options: str | None
) -> Any:
    """What some options come to, before others are known: in full or shortened, in the variable
    that is given with them, or in one of Locust's files of settings. `worker` is always told. What
    is wrong with them Locust says, if it is run: a script that imports a locustfile has others."""
    import_locust()
    from locust.argument_parser import get_empty_argument_parser

    parser: Any = get_empty_argument_parser(add_help=False)
    parser.add_argument("--worker", action="store_true", env_var="LOCUST_MODE_WORKER")
    # Else --master would be --master-port, shortened.
    parser.add_argument("--master", action="store_true")
    for option, variable in options.items():
        parser.add_argument(f"--{option}", env_var=variable)
    parser.error = _give_up
    try:
        return parser.parse_known_args(arguments, env_vars=environ)[0]
    except _UnreadableError:
        return Namespace(**{each.dest: each.default for each in parser._actions})


class _UnreadableError(Exception):
    pass


def _give_up(message: str) -> NoReturn:
    raise _UnreadableError(message)


def check_named(option: str, given: str | None) -> str | None:
    """PlanError for an empty name: a variable that is not set must not run something else."""
    if given == "":
        raise PlanError([option_problem(option, "is empty; name a file, or leave it out")])
    return given


def _own(name: str) -> Path:
    here = Path(name)
    return here if here.exists() else with_jobload(name)


def with_jobload(name: str) -> Path:
    checkout = Path(__file__).resolve().parents[2] / name
    return checkout if checkout.exists() else Path(__file__).resolve().parents[1] / "files" / name


def comes_with_jobload(path: Path) -> bool:
    return path.resolve() == with_jobload(path.name).resolve()
