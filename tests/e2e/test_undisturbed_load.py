"""A Prometheus or an OTLP endpoint that does not answer costs the load nothing."""

from collections.abc import Iterator
from functools import partial

import pytest
from prometheus_process import needs_prometheus

from e2e import observed_runs
from e2e.waiting import Background, Job

pytestmark = pytest.mark.timed


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "without": partial(observed_runs.short, folder / "without", None),
        "unreachable": partial(observed_runs.unreachable, folder / "unreachable"),
        "silent": partial(observed_runs.silent, folder / "silent"),
        "silent_endpoint": partial(observed_runs.silent_endpoint, folder / "silent_endpoint"),
    }
    with Background(jobs) as background:
        yield background


@needs_prometheus
@pytest.mark.parametrize("run", ["unreachable", "silent", "silent_endpoint"])
def test_the_load_is_as_without_it(runs: Background, run: str) -> None:
    without, outcome = runs["without"], runs[run]
    for stage in ("warm-up", "hold"):
        assert outcome.stage(stage)["offered"] == without.stage(stage)["offered"]
    late_ms = outcome.stage()["generator"]["lateness_p99_ms"]
    assert late_ms <= max(25.0, 3 * without.stage()["generator"]["lateness_p99_ms"])
    assert outcome.result["duration_s"] < without.result["duration_s"] + 4
