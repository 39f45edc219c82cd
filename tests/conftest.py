from collections.abc import Generator
from typing import TypeVar

import locust  # noqa: F401  # patches the standard library before anything else opens a socket
import pytest
from hypothesis import HealthCheck, settings

# How fast the machine is, is no property of the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

INSTALLABLE = ("apt-get install", "chromium", "browser", "nginx", "redis")
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


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("all_installed"):
        config.pluginmanager.register(AllInstalled())


@pytest.fixture(scope="session")
def full_length(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("full_length"))


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
