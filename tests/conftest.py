import gc
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from lane_of_file import WITH_PROCESSES
from lanes import LaneScheduling, Worker

from jobload.lifecycle.locust_import import import_locust

# How fast the machine is, is no property of the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
# `make quick` takes fewer examples.
settings.register_profile("quick", settings.get_profile("unhurried"), max_examples=25)

TOOLS = ("git", "openssl")
"""That end at once."""
INSTALLABLE = ("apt-get install", "chromium", "browser", "nginx", "prometheus", "redis")
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-installed",
        action="store_true",
        help="a test that is skipped for want of something to install fails",
    )
    parser.addoption(
        "--full-length", action="store_true", help="experiments as they were defined (make verify)"
    )
    parser.addoption(
        "--by-lanes",
        action="store_true",
        help="each worker collects and takes tests of its own lanes only (tests/lanes.py)",
    )
    parser.addoption(
        "--fuzz-seconds", type=float, help="how long each fuzzer goes on (100 in full length)"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Locust patches the standard library before anything opens a socket, but not for the process
    that only gives the tests to others: it waits for them in threads."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As a shell starts what it does not wait for; what tests start would inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    worker = hasattr(config, "workerinput")
    if worker or config.getoption("dist", "no") == "no":
        import_locust()
        config.pluginmanager.register(OnlyMarkedStartProcesses())
    if worker:
        config.pluginmanager.register(Worker(config))
    if config.getoption("all_installed"):
        config.pluginmanager.register(AllInstalled())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LaneScheduling:
    return LaneScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(WITH_PROCESSES):
            item.add_marker("processes")


def pytest_collection() -> None:
    """Modules are no garbage: to look for some takes a tenth of the time of their import."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Some tests collect garbage: 0.2 s each time, if all modules of all tests were looked at."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def full_length(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("full_length"))


@pytest.fixture(scope="session")
def fuzz_s(request: pytest.FixtureRequest, full_length: bool) -> float:
    """How long each fuzzer goes on when it has done its fixed part."""
    asked: float | None = request.config.getoption("fuzz_seconds")
    return asked if asked is not None else 100.0 if full_length else 0.0


class OnlyMarkedStartProcesses:
    """So that `make quick` goes on to be quick."""

    def __init__(self) -> None:
        process: Any = subprocess.Popen
        start = process.__init__
        self._item: pytest.Item | None = None

        def started(popen: Any, *given: Any, **options: Any) -> None:
            command: Any = given[0] if given else options["args"]
            program = Path(command if isinstance(command, str) else command[0]).name
            if self._item and program not in TOOLS:
                pytest.fail(f"it starts {program}, so it wants pytest.mark.processes")
            start(popen, *given, **options)

        process.__init__ = started

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._item = None if item.get_closest_marker("processes") else item
        try:
            return (yield)
        finally:
            self._item = None


class AllInstalled:
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        return _must_run((yield))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        return _must_run((yield))


def _must_run(report: Report) -> Report:
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].lower()
        if any(word in reason for word in INSTALLABLE):
            report.outcome = "failed"
    return report
