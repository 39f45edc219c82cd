"""python -m verify.mutants [--sample 200] [--seed 12]: would the unit tests notice a fault?

Faults are put, one at a time, into copies of the rooms that decide: an operator, a constant or a
condition becomes another. The unit tests of these rooms run against each, first those that name the
module. What none of them notices is no fault (equivalent_mutants.yaml says why), or a test is
missing, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from time import monotonic

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.ast.ast_query import ASTQuery
from cosmic_ray.mutating import mutate_and_test, mutate_code
from cosmic_ray.work_item import MutationSpec, TestOutcome
from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

from verify.bound_pytest import end_with

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.yaml")
ROOMS = ("judge", "measure", "plan")
GOAL = 0.9
LEFT_OUT = ("ExceptionReplacer", "RemoveDecorator", "VariableInserter", "VariableReplacer")
"""Neither an operator nor a constant nor a condition."""
ALIKE = (
    {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"},
    {"RShift", "LShift", "BitOr", "BitAnd", "BitXor"},
    {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"},
    {"Is", "IsNot"},
)
"""Others in their place are errors of type, which any test notices."""
PYTEST = Path(__file__).with_name("bound_pytest.py")
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
LONGEST_S = 400
"""A fault that makes a loop endless is noticed, too."""

Position = tuple[int, int]


@dataclass(frozen=True)
class Place:
    """One place, and one of the faults of a kind that can be there: `+` has eleven."""

    module: str
    rank: str
    spec: MutationSpec

    def mutant(self, root: Path) -> Mutant | None:
        """None where the fault is that it is no Python."""
        source = (root / self.module).read_text()
        operator = plugins.get_operator(self.spec.operator_name)()
        changed = mutate_code(source, operator, self.spec.occurrence)
        try:
            ast.parse(changed)
        except SyntaxError:
            return None
        row = self.spec.start_pos[0] - 1
        before, after = (" ".join(text.splitlines()[row].split()) for text in (source, changed))
        return Mutant(self.module, row + 1, before, after, self.spec)


@dataclass(frozen=True)
class Mutant:
    module: str
    line: int
    before: str
    after: str
    spec: MutationSpec

    @property
    def known_as(self) -> tuple[str, str, str]:
        return self.module, self.before, self.after


def places(root: Path, path: Path, seed: int) -> list[Place]:
    """Ranked by what stands there, so that another sample is drawn only of code that changed."""
    source = path.read_text()
    lines, never_run = source.splitlines(), list(_annotations(source))
    nodes = list(ast_nodes(get_ast(source)))
    module = str(path.relative_to(root))
    best: dict[tuple[Position, str], Place] = {}
    for name, kind in _operators():
        operator = plugins.get_operator(name)()
        found = [(node, *at) for node in nodes for at in operator.mutation_positions(node)]
        for occurrence, (node, begin, end) in enumerate(found):
            if any(first <= begin < last for first, last in never_run):
                continue
            where, line = ASTQuery(node).get_definition_name(), lines[begin[0] - 1]
            column = begin[1] - (len(line) - len(line.lstrip()))
            told = (seed, where, line.strip(), column, name, begin == found[occurrence - 1][1])
            spec = MutationSpec(path, name, occurrence, begin, end, definition_name=where)
            place = Place(module, hashlib.sha256(repr(told).encode()).hexdigest(), spec)
            key = begin, kind
            best[key] = min(best.get(key, place), place, key=lambda each: each.rank)
    return list(best.values())


def _operators() -> Iterator[tuple[str, str]]:
    for name in plugins.operator_names():
        kind, *pair = name.partition("/")[2].split("_")
        unlike = len(pair) == 2 and kind != "ReplaceUnaryOperator"
        unlike = unlike and not any(alike.issuperset(pair) for alike in ALIKE)
        if kind not in LEFT_OUT and not unlike:
            yield name, kind


def _annotations(source: str) -> Iterator[tuple[Position, Position]]:
    for node in ast.walk(ast.parse(source)):
        for name in ("annotation", "returns"):
            noted = getattr(node, name, None)
            if noted is not None:
                yield (
                    (noted.lineno, noted.col_offset),
                    (noted.end_lineno, noted.end_col_offset),
                )


def sample(root: Path, size: int, seed: int) -> list[Mutant]:
    paths = sorted(path for room in ROOMS for path in (root / "jobload" / room).rglob("*.py"))
    everywhere = [place for path in paths for place in places(root, path, seed)]
    print(f"{len(everywhere)} places in {len(paths)} files", flush=True)
    ranked = sorted(everywhere, key=lambda place: place.rank)
    return list(islice((mutant for place in ranked if (mutant := place.mutant(root))), size))


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
        tests = [path for room in ROOMS for path in (folder / "tests" / room).rglob("test_*.py")]
        self._tests = {str(path.relative_to(folder)): path.read_text() for path in sorted(tests)}

    def check(self) -> None:
        """Without a fault all is well, and here, not elsewhere; modules are compiled by it."""
        self._run("-m", "compileall", "-q", "jobload")
        found = self._run("-c", "import jobload; print(jobload.__path__[0])").strip()
        assert found == str(self._folder / "jobload"), found
        self._run(*self._pytest(*self._tests))

    def _pytest(self, *arguments: str) -> list[str]:
        return [str(PYTEST), str(os.getpid()), str(self._folder), *OPTIONS, *arguments]

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

    def notices(self, mutant: Mutant) -> bool:
        name = mutant.module.removesuffix(".py").replace("/", ".")
        near = [path for path, text in self._tests.items() if name in text]
        far = [path for path in self._tests if path not in near]
        turns = ((near, "not slow"), (far, "not slow"), ([*self._tests], "slow"))
        return any(self._fails(mutant, tests, which) for tests, which in turns if tests)

    def _fails(self, mutant: Mutant, tests: Sequence[str], which: str) -> bool:
        spec = MutationSpec(
            self._folder / mutant.module,
            mutant.spec.operator_name,
            mutant.spec.occurrence,
            mutant.spec.start_pos,
            mutant.spec.end_pos,
        )
        command = shlex.join([sys.executable, *self._pytest("-m", which, *tests)])
        result = mutate_and_test([spec], command, LONGEST_S)
        assert result.test_outcome != TestOutcome.INCOMPETENT, result.output
        return bool(result.test_outcome == TestOutcome.KILLED)


def equivalents() -> dict[tuple[str, str, str], str]:
    """What each of them is known as, and why it is no fault."""
    entries = YAML(typ="safe").load(EQUIVALENT.read_text()) or []
    return {(each["module"], each["before"], each["after"]): each["reason"] for each in entries}


def survivors(
    root: Path, mutants: Sequence[Mutant], folder: Path, at_once: int = 2
) -> list[Mutant]:
    copy_tree(root, folder / "0")
    first = Copy(folder / "0")
    first.check()
    copies: SimpleQueue[Copy] = SimpleQueue()
    copies.put(first)
    for number in range(1, at_once):
        copies.put(Copy(shutil.copytree(folder / "0", folder / f"{number}")))
    with ThreadPoolExecutor(at_once) as pool:
        noticed = pool.map(partial(_noticed, copies), mutants)
        return [mutant for mutant, seen in zip(mutants, noticed, strict=True) if not seen]


def _noticed(copies: SimpleQueue[Copy], mutant: Mutant) -> bool:
    copy = copies.get()
    try:
        noticed = copy.notices(mutant)
    finally:
        copies.put(copy)
    said = "noticed" if noticed else "NOT noticed"
    print(f"{said}: {mutant.module}:{mutant.line}: {mutant.after}", flush=True)
    return noticed


def main(arguments: Sequence[str] | None = None) -> int:
    os.environ.pop("PYTEST_ADDOPTS", None)
    parser = argparse.ArgumentParser(prog="python -m verify.mutants")
    parser.add_argument("--sample", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=12, metavar="N")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), metavar="N")
    options = parser.parse_args(arguments)
    began_s = monotonic()
    mutants = sample(ROOT, options.sample, options.seed)
    with tempfile.TemporaryDirectory(prefix="jobload-mutants-") as folder:
        left = survivors(ROOT, mutants, Path(folder), options.at_once)
    known = equivalents()
    _print(left, known)
    share = 1 - len(left) / len(mutants)
    unknown = [mutant for mutant in left if mutant.known_as not in known]
    print(
        f"{share:.1%} of {len(mutants)} faults noticed in {monotonic() - began_s:.0f} s,"
        f" {len(left) - len(unknown)} are none, {len(unknown)} want a test"
    )
    return int(bool(unknown) or share < GOAL)


def _print(left: Sequence[Mutant], known: dict[tuple[str, str, str], str]) -> None:
    table = Table("where", "is", "would be", "no fault, because", title="What no test notices")
    for mutant in sorted(left, key=lambda mutant: (mutant.module, mutant.line)):
        where = f"{mutant.module}:{mutant.line}"
        table.add_row(where, mutant.before, mutant.after, known.get(mutant.known_as, "A TEST"))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
