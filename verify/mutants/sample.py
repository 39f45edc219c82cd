"""Faults that could be in the rooms that decide, and some of them drawn at random."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.ast.ast_query import ASTQuery
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_item import MutationSpec

ROOMS = ("judge", "measure", "plan")
LEFT_OUT = ("ExceptionReplacer", "RemoveDecorator", "VariableInserter", "VariableReplacer")
"""Neither an operator nor a constant nor a condition."""
ALIKE = (
    {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"},
    {"RShift", "LShift", "BitOr", "BitAnd", "BitXor"},
    {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"},
    {"Is", "IsNot"},
)
"""Others in their place are errors of type, which any test notices."""
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
        return Mutant(self.module, row + 1, before, after, _statement(source, row + 1), self.spec)


@dataclass(frozen=True)
class Mutant:
    module: str
    line: int
    before: str
    after: str
    statement: range
    spec: MutationSpec

    @property
    def known_as(self) -> tuple[str, str, str]:
        return self.module, self.before, self.after


def _statement(source: str, line: int) -> range:
    """The lines of the innermost one that has this line: of an `if`, those of its condition."""
    nodes = ast.walk(ast.parse(source))
    every = [_lines(node) for node in nodes if isinstance(node, ast.stmt | ast.ExceptHandler)]
    return min((lines for lines in every if line in lines), key=len)


def _lines(node: ast.stmt | ast.ExceptHandler) -> range:
    decorated = [each.lineno for each in getattr(node, "decorator_list", ())]
    body = getattr(node, "body", None)
    last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno
    return range(min([node.lineno, *decorated]), last + 1)


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


def sources(root: Path) -> list[Path]:
    return sorted(path for room in ROOMS for path in (root / "jobload" / room).rglob("*.py"))


def sample(root: Path, size: int, seed: int) -> list[Mutant]:
    paths = sources(root)
    everywhere = [place for path in paths for place in places(root, path, seed)]
    print(f"{len(everywhere)} places in {len(paths)} files", flush=True)
    ranked = sorted(everywhere, key=lambda place: place.rank)
    return list(islice((mutant for place in ranked if (mutant := place.mutant(root))), size))
