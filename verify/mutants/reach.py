"""Which tests come to a fault: no other can notice it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from coverage import CoverageData

from verify.mutants.sample import Mutant

Tests = dict[str, float | None]
"""All of some files, and how long they take; None is one that does not come to the fault."""


class Reach:
    def __init__(self, folder: Path, lines: Path, times: Path) -> None:
        """`folder` is the one where these were traced."""
        self._folder = folder.resolve()
        self._data = CoverageData(str(lines))
        self._data.read()
        self._took_s: dict[str, float] = json.loads(times.read_text())
        self._modules: dict[str, dict[int, list[str]]] = {}

    def tests(self, mutant: Mutant) -> Tests:
        """First those that come to the module by themselves, the quickest of them first."""
        lines = self._lines(mutant.module)
        near = self._of(name for names in lines.values() for name in names if name)
        to_it = self._of(name for line in mutant.statement for name in lines.get(line, ()))
        order = sorted(to_it, key=lambda test: (test not in near, self._took_s[test]))
        files = {_file(test) for test in to_it}
        others = (test for test in self._took_s if test not in to_it and _file(test) in files)
        return {test: self._took_s[test] for test in order} | dict.fromkeys(others)

    def _lines(self, module: str) -> dict[int, list[str]]:
        if module not in self._modules:
            found = self._data.contexts_by_lineno(str(self._folder / module))
            self._modules[module] = found
        return self._modules[module]

    def _of(self, contexts: Iterable[str]) -> set[str]:
        """A test, a file of them, or all: nothing in particular was running."""
        named = set(contexts)
        if "" in named:
            return set(self._took_s)
        return {test for test in self._took_s if test in named or _file(test) in named}


def _file(test: str) -> str:
    return test.partition("::")[0]
