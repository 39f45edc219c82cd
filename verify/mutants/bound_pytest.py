"""python bound_pytest.py PARENT FOLDER JOB ARGUMENTS: pytest in FOLDER, while PARENT lives.

JOB is a JSON file, and says that all is to be traced, or which tests are to run, in which order.
Run as a file, so that nothing of its own tree gets into the one that is tested.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from time import process_time

import pytest

PR_SET_PDEATHSIG = 1
PASSED_OR_NOTHING_TO_RUN = (0, 5)
MOST_BYTES = 2 << 30
LEAST_S, TIMES_AS_LONG = 3, 5
"""Of processor time: a test that takes more is endless by a fault."""


def end_with(parent: int) -> None:
    """This process ends when its parent does, also when that is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


class Repeatable:
    """The examples of Hypothesis are the same each time, and the first that fails is enough."""

    def pytest_sessionstart(self) -> None:
        if hypothesis := sys.modules.get("hypothesis"):
            phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
            settings = hypothesis.settings
            settings.register_profile("repeatable", derandomize=True, database=None, phases=phases)
            settings.load_profile("repeatable")


class Traced:
    """Tells of each test which lines it runs, and how long it takes."""

    def __init__(self, modules: list[str], lines: str, times: str) -> None:
        coverage = import_module("coverage")
        self._coverage = coverage.Coverage(data_file=lines, include=modules, config_file=False)
        self._modules, self._times = modules, Path(times)
        self._took_s: dict[str, float] = {}
        self._context = ""
        self._coverage.start()

    def pytest_sessionstart(self) -> None:
        """Imported by nobody in particular: what they do at that is everybody's."""
        for module in self._modules:
            import_module(module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))

    def _enter(self, context: str) -> str:
        before, self._context = self._context, context
        self._coverage.switch_context(context)
        return before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        _empty_caches()
        self._enter(item.nodeid)
        began_s = process_time()
        try:
            return (yield)
        finally:
            self._took_s[item.nodeid] = process_time() - began_s

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """What is made for a whole file is run by all of its tests."""
        before = self._enter(request.node.nodeid)
        try:
            return (yield)
        finally:
            self._enter(before)

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        self._coverage.save()
        self._times.write_text(json.dumps(self._took_s))


def _empty_caches() -> None:
    """Each test runs what it would run by itself."""
    folder = str(Path.cwd())
    for module in list(sys.modules.values()):
        if (getattr(module, "__file__", None) or "").startswith(folder):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


class Chosen:
    """Only the tests that come to the fault, in their order."""

    def __init__(self, seconds: dict[str, float | None]) -> None:
        """None for those that don't; one that is not among them was made by the fault."""
        self._seconds = seconds
        self._order = {test: number for number, test in enumerate(seconds)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        wanted = [item for item in items if self._seconds.get(item.nodeid, 0) is not None]
        items[:] = sorted(wanted, key=lambda item: self._order.get(item.nodeid, -1))

    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        took_s = self._seconds.get(item.nodeid) or 0
        signal.setitimer(signal.ITIMER_PROF, LEAST_S + TIMES_AS_LONG * took_s)


def main(parent: str, folder: str, job: str, *arguments: str) -> int:
    end_with(int(parent))
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    told = json.loads(Path(job).read_text())
    os.chdir(folder)
    sys.path[0] = folder
    plugin = Traced(**told) if "lines" in told else Chosen(told)
    result = pytest.main([*arguments], plugins=[Repeatable(), plugin])
    return int(result not in PASSED_OR_NOTHING_TO_RUN)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
