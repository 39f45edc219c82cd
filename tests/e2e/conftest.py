"""Short by default; `--full-length` (make verify) runs every experiment as it was defined."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.claims import Ledger

if TYPE_CHECKING:
    from e2e.experiments.attempts import SideBySide

HERE = Path(__file__).parent
LONGEST_S = 900
LONG_S = 240
"""A test may wait for its turn: several runs of its file come first."""
_ledger = pytest.StashKey[Ledger]()


def is_full_length(config: pytest.Config) -> bool:
    return bool(config.getoption("full_length"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes, so only with --full-length")
    config.stash[_ledger] = Ledger()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    fuzz_s: float = config.getoption("fuzz_seconds") or 0.0
    longest_s = (LONGEST_S if is_full_length(config) else LONG_S) + 3 * fuzz_s
    for item in items:
        if HERE not in item.path.parents:
            continue
        item.add_marker(pytest.mark.e2e)
        item.add_marker(pytest.mark.timeout(longest_s))
        if item.get_closest_marker("long") and not is_full_length(config):
            item.add_marker(pytest.mark.skip(reason="takes minutes: make verify runs it"))


@pytest.fixture(scope="session")
def ledger(request: pytest.FixtureRequest) -> Ledger:
    return request.config.stash[_ledger]


@pytest.fixture(scope="module")
def side_by_side(
    request: pytest.FixtureRequest, full_length: bool, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[SideBySide]":
    """The experiments of a module."""
    from e2e.experiments.attempts import SideBySide  # after Locust has patched what it needs

    folder = tmp_path_factory.mktemp("experiments")
    here = request.module
    side_by_side = SideBySide(
        here.EXPERIMENTS_HERE, folder, full_length=full_length, at_once=here.AT_ONCE
    )
    with side_by_side.background:
        yield side_by_side


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    ledger = config.stash[_ledger]
    if ledger.claims and (is_full_length(config) or config.option.verbose > 0):
        terminalreporter.section("experiments")
        for line in ledger.table():
            terminalreporter.write_line(line)
        for line in ledger.confusion():
            terminalreporter.write_line(line)
