"""What a locustfile has, found out in a process of its own: to read it is to run it.

`python -m jobload.lifecycle.locustfile FILE ANSWER` writes into ANSWER what `LocustfileUsers` says.
"""

from __future__ import annotations

import atexit
import gc
import json
import subprocess
import sys
import sysconfig
import tempfile
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

from jobload.judge.exit_code import CONFIGURATION_ERROR
from jobload.lifecycle.locust_import import import_locust
from jobload.plan.problem import PlanError, option_problem

WITHIN_S = 60.0
INSTALLED = frozenset({"site-packages", "dist-packages"})
JOBLOAD = str(Path(__file__).parents[1])


@dataclass(frozen=True, slots=True)
class LocustfileUsers:
    """`users` are all by name, `mix` those of somebody's own with their weights, `unmeasured` those
    that jobload knows by Locust's events only, `unweighted` those that Locust leaves out."""

    path: str
    users: list[str]
    mix: dict[str, int | float]
    unmeasured: list[str]
    unweighted: list[str]
    has_own_shape: bool


def read_locustfile(path: str) -> LocustfileUsers:
    """PlanError when it can't be read."""
    with tempfile.TemporaryDirectory(prefix="jobload-") as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-m", __name__, path, str(answer)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S)
        except subprocess.TimeoutExpired:
            raise _unreadable(path, f"was not read within {WITHIN_S:.0f} s") from None
        if not answer.exists():
            last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            raise _unreadable(path, last)
        return LocustfileUsers(**json.loads(answer.read_text()))


def _unreadable(path: str, why: str) -> PlanError:
    return PlanError([option_problem(f"-f {path}", why)])


def why_it_does_not_load(error: BaseException) -> str:
    """One line with the place in somebody's own file that the error comes from."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: SyntaxError: {error.msg}"
    return f"{own_place(error)}{type(error).__name__}: {error}"


def own_place(error: BaseException) -> str:
    """Empty where no file of somebody's own had a part in it."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_own(f.filename)]
    return f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""


def leaves_by_itself(leaving: SystemExit) -> bool:
    """Somebody's own file, which may also wait while jobload ends the process."""
    *_, last = traceback.extract_tb(leaving.__traceback__)
    return bool(own_place(leaving)) and not last.filename.startswith(JOBLOAD)


def is_own(file: str) -> bool:
    """Neither jobload's, nor Python's, nor of anything that is installed."""
    others = ("<", sysconfig.get_path("stdlib"), JOBLOAD)
    return not INSTALLED.intersection(Path(file).parts) and not file.startswith(others)


def _answer(path: str) -> LocustfileUsers:
    from locust.argument_parser import parse_locustfile_paths
    from locust.main import merge_locustfiles_content

    from jobload.lifecycle.user_mix import own_mix, unmeasured, unweighted
    from jobload.load.staged_shape import StagedShape

    users, shapes, _, _ = merge_locustfiles_content(parse_locustfile_paths(path.split(",")))
    return LocustfileUsers(
        path=path,
        users=[*users],
        mix=own_mix(users),
        unmeasured=unmeasured(users),
        unweighted=unweighted(users),
        has_own_shape=any(not isinstance(shape, StagedShape) for shape in shapes.values()),
    )


def main(path: str, answer: str) -> int:
    import_locust()
    try:
        found = _answer(path)
    except Exception as error:
        print(why_it_does_not_load(error), file=sys.stderr)
        return CONFIGURATION_ERROR
    if not found.users:
        print("has no user class", file=sys.stderr)
        return CONFIGURATION_ERROR
    Path(answer).write_text(json.dumps(asdict(found)))
    return 0


if __name__ == "__main__":
    atexit.register(gc.freeze)  # to look for garbage as it ends takes a fifth of its CPU
    sys.exit(main(*sys.argv[1:]))
