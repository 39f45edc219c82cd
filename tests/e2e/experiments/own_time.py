"""The service time is that of the server: its median is what the server itself says."""

import pytest

from bench.child import child, cores, line_of, running_on
from bench.server import compiled
from e2e.accounts import differences
from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.load_test import run_locust
from e2e.plan_files import steady, write_plan
from e2e.steady_server import c_compiler

WITHIN_US = 10
RATES = (1_000, 4_000, 8_000)


def own_time(setting: Setting, claims: Claims) -> None:
    compiler = c_compiler()
    if len(set(cores())) < 2:
        pytest.skip("the server and the generator need a core each")
    server_core, core = cores()
    for rate in RATES if setting.full_length else RATES[1:2]:
        folder = setting.folder / str(rate)
        options = write_plan(folder, {"light": steady(20, rate, 4, 1)})
        with child([compiled(compiler), "timed"], server_core) as server:
            url = f"http://127.0.0.1:{int(line_of(server))}"
            with running_on(core):
                outcome = run_locust(folder, *options, host=url, within_s=60)
            assert server.stdin is not None
            server.stdin.close()
            own_us = int(line_of(server))
        claims.equal(f"{rate}/s: V9: differences", differences(outcome.result), [])
        seen_us = outcome.stage()["service_time_ms"]["p50"] * 1e3
        claims.near(f"{rate}/s: service time, p50", seen_us, own_us, WITHIN_US, "µs")
