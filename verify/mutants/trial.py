"""Which faults no test notices: each is put into a copy of the tree, and its tests run there."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_item import MutationSpec, TestOutcome

from verify.mutants.bound_pytest import end_with
from verify.mutants.reach import Reach, Tests
from verify.mutants.sample import ROOMS, Mutant, sources

PYTEST = Path(__file__).with_name("bound_pytest.py")
OPTIONS = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist")
LONGEST_S = 400
"""A fault that makes a loop endless is noticed, too."""


def copy_tree(root: Path, folder: Path) -> None:
    """All that belongs to the repository, as it stands."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True
    )
    for name in filter(lambda name: (root / name).is_file(), listed.stdout.splitlines()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, folder / name)


class Copy:
    """Of the tree: nothing that is put in there touches the tree itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._job = folder.with_suffix(".job")

    def trace(self) -> Reach:
        """Without a fault all is well, and here, not elsewhere; modules are compiled, and known by
        what is in them: a fault may be as old as the file, to the second, and as long."""
        self._run("-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "jobload")
        found = self._run("-c", "import jobload; print(jobload.__path__[0])").strip()
        assert found == str(self._folder / "jobload"), found
        lines, times = self._folder.with_suffix(".lines"), self._folder.with_suffix(".times")
        modules = [str(path.relative_to(self._folder)) for path in sources(self._folder)]
        job = {"modules": modules, "lines": str(lines), "times": str(times)}
        rooms = [self._folder / "tests" / room for room in ROOMS]
        self._run(*self._pytest(job, *(str(room) for room in rooms if room.exists())))
        return Reach(self._folder, lines, times)

    def _pytest(self, job: Mapping[str, object], *arguments: str) -> list[str]:
        self._job.write_text(json.dumps(job))
        places = [str(PYTEST), str(os.getpid()), str(self._folder), str(self._job)]
        return [*places, *OPTIONS, *arguments]

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            preexec_fn=partial(end_with, os.getpid()),
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, done.stdout + done.stderr
        return done.stdout

    def notices(self, mutant: Mutant, tests: Tests) -> bool:
        if not tests:
            return False
        spec = MutationSpec(
            self._folder / mutant.module,
            mutant.spec.operator_name,
            mutant.spec.occurrence,
            mutant.spec.start_pos,
            mutant.spec.end_pos,
        )
        files = sorted({test.partition("::")[0] for test in tests})
        command = shlex.join([sys.executable, *self._pytest(tests, "--tb=no", *files)])
        result = mutate_and_test([spec], command, LONGEST_S)
        assert result.test_outcome != TestOutcome.INCOMPETENT, result.output
        return bool(result.test_outcome == TestOutcome.KILLED)


def survivors(
    root: Path, mutants: Sequence[Mutant], folder: Path, at_once: int = 2
) -> list[Mutant]:
    copy_tree(root, folder / "0")
    reach = Copy(folder / "0").trace()
    copies: SimpleQueue[Copy] = SimpleQueue()
    for number in range(at_once):
        if number:
            shutil.copytree(folder / "0", folder / f"{number}")
        copies.put(Copy(folder / f"{number}"))
    with ThreadPoolExecutor(at_once) as pool:
        noticed = pool.map(partial(_noticed, copies), mutants, map(reach.tests, mutants))
        return [mutant for mutant, seen in zip(mutants, noticed, strict=True) if not seen]


def _noticed(copies: SimpleQueue[Copy], mutant: Mutant, tests: Tests) -> bool:
    copy = copies.get()
    try:
        noticed = copy.notices(mutant, tests)
    finally:
        copies.put(copy)
    said = "noticed" if noticed else "NOT noticed"
    print(f"{said}: {mutant.module}:{mutant.line}: {mutant.after}", flush=True)
    return noticed
