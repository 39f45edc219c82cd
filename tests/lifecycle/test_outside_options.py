"""--metrics-port, --otlp and --trace: what they may be, and what is said of what can't be."""

from __future__ import annotations

import os
import socket
import sys
from argparse import Namespace
from typing import Any

import pytest
from made_run import light

from jobload.lifecycle.outside_options import exporter_settings, trace_share
from jobload.plan.problem import PlanError
from jobload.plan.scenario import load_scenario
from jobload.web.exporter.metrics_token import TOKEN

LONG_ENOUGH = {TOKEN: "a-token-for-scrapers"}


def given(**fields: Any) -> Namespace:
    nothing = {"metrics_port": None, "metrics_host": "127.0.0.1", "otlp": None, "trace": None}
    return Namespace(**(nothing | fields))


@pytest.mark.parametrize(
    ("said", "share"),
    [(None, 0.0), ("1%", 0.01), ("100%", 1.0), ("0.5 %", 0.005), (" 12.5% ", 0.125)],
)
def test_a_share_is_a_percentage(said: str | None, share: float) -> None:
    assert trace_share(given(trace=said), []) == pytest.approx(share)


@pytest.mark.parametrize("said", ["1", "0.01", "0%", "101%", "-1%", "all", "", "1e1%", "٣%"])
def test_anything_else_is_none(said: str) -> None:
    with pytest.raises(PlanError, match="expected a share such as 1%"):
        trace_share(given(trace=said), [])


def test_a_header_of_the_plan_for_the_same_is_refused_wherever_it_stands() -> None:
    own = {"TraceParent": "00-..."}
    flow = {"name": "flow", "shape": "ramp", "users": 1, "duration": "5s", "rate": 1}
    steps = [{"get": "/", "name": "look", "headers": own}]
    scenarios = [light(headers=own), load_scenario(flow | {"steps": steps})]
    with pytest.raises(PlanError) as told:
        trace_share(given(trace="1%"), scenarios)
    assert "light has a header traceparent" in str(told.value)
    assert "flow has a header traceparent" in str(told.value)
    assert trace_share(given(), scenarios) == 0.0


def test_without_either_nobody_is_told() -> None:
    assert exporter_settings(given(), {}) is None


def test_the_port_listens_before_anything_begins() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = exporter_settings(given(metrics_port=port), {})
    assert settings is not None
    assert settings.socket is not None
    try:
        with pytest.raises(PlanError, match=f"--metrics-port {port}.*Address already in use"):
            exporter_settings(given(metrics_port=port), {})
        assert not settings.needs_token
    finally:
        os.close(settings.socket)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.9", "a" * 300])
def test_a_host_that_is_not_here_is_refused(host: str) -> None:
    with pytest.raises(PlanError, match="nothing can listen on"):
        exporter_settings(given(metrics_port=9464, metrics_host=host), LONG_ENOUGH)


@pytest.mark.parametrize("otlp", [None, "http://127.0.0.1:4318"])
def test_a_host_without_a_port_is_told_of(otlp: str | None) -> None:
    with pytest.raises(PlanError, match=r"--metrics-host 0\.0\.0\.0.*without --metrics-port"):
        exporter_settings(given(metrics_host="0.0.0.0", otlp=otlp), LONG_ENOUGH)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_is_a_port(port: int) -> None:
    with pytest.raises(PlanError, match="expected a port"):
        exporter_settings(given(metrics_port=port), {})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_where_others_can_reach_it_a_token_is_needed(host: str) -> None:
    with pytest.raises(PlanError, match=TOKEN):
        exporter_settings(given(metrics_port=9464, metrics_host=host), {})
    with pytest.raises(PlanError, match="shorter than 16"):
        exporter_settings(given(metrics_port=9464, metrics_host=host), {TOKEN: "short"})


@pytest.mark.parametrize(
    "url", ["collector:4318", "127.0.0.1:4318", "grpc://collector:4317", "http://", "http://[", ""]
)
def test_an_endpoint_is_an_address_of_http(url: str) -> None:
    with pytest.raises(PlanError, match="expected the address of an OTLP/HTTP endpoint"):
        exporter_settings(given(otlp=url), {})


@pytest.mark.parametrize("url", ["http://user:hidden@collector:4318", "http://collector?k=hidden"])
def test_an_address_with_a_secret_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(PlanError, match="OTEL_EXPORTER_OTLP_HEADERS") as told:
        exporter_settings(given(otlp=url), {})
    assert "hidden" not in str(told.value)


class NotInstalled:
    """As where the extra is missing."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name.startswith("opentelemetry.exporter"):
            raise ModuleNotFoundError(name)


def test_without_the_extra_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert exporter_settings(given(otlp="http://127.0.0.1:4318"), {}) is not None
    for name in [name for name in sys.modules if name.startswith("opentelemetry.exporter")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NotInstalled(), *sys.meta_path])
    with pytest.raises(PlanError) as told:
        exporter_settings(given(otlp="http://127.0.0.1:4318"), {})
    assert "pip install 'jobload[otlp]'" in str(told.value)
