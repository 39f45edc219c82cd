"""What a run tells to the outside while it goes on: --metrics-port, --otlp and --trace."""

from __future__ import annotations

import os
import re
import socket
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jobload.lifecycle.listening import listening
from jobload.plan.loopback import leads_to_loopback
from jobload.plan.problem import PlanError, Problem, option_problem
from jobload.web.exporter.metrics_token import SHORTEST_TOKEN, TOKEN

if TYPE_CHECKING:
    from jobload.plan.scenario import Scenario
    from jobload.web.exporter.exporter_messages import ExporterSettings

TRACE_BY_DEFAULT = "1%"
LOOPBACK = "127.0.0.1"
EXTRA = "jobload[otlp]"
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?%")
_PARENT = "traceparent"


def add_outside_options(group: Any) -> None:
    group.add_argument(
        "--metrics-port",
        type=int,
        metavar="N",
        default=None,
        help="a port where /metrics tells Prometheus what runs, also --headless",
    )
    group.add_argument(
        "--metrics-host",
        metavar="HOST",
        default=LOOPBACK,
        help=f"where that port listens (default: {LOOPBACK}); elsewhere {TOKEN} must be set",
    )
    group.add_argument(
        "--otlp",
        metavar="URL",
        default=None,
        help=f"push metrics, and traces, there over OTLP/HTTP; needs pip install '{EXTRA}'",
    )
    group.add_argument(
        "--trace",
        nargs="?",
        const=TRACE_BY_DEFAULT,
        default=None,
        metavar="SHARE",
        help=f"send {_PARENT} with this share of the operations"
        f" (without one: {TRACE_BY_DEFAULT.replace('%', '%%')})",
    )


def trace_share(options: Namespace, scenarios: Iterable[Scenario]) -> float:
    """The part of the operations that is traced, 0.0 to 1.0. PlanError when it can't be."""
    said = getattr(options, "trace", None)
    if said is None:
        return 0.0
    found = _SHARE.fullmatch(said.strip())
    percent = float(found[1]) if found else 0.0
    if not 0.0 < percent <= 100.0:
        message = f"expected a share such as {TRACE_BY_DEFAULT}, more than 0% and at most 100%"
        raise PlanError([option_problem(f"--trace {said}", message)])
    if problems := [*_own_parents(scenarios)]:
        raise PlanError(problems)
    return percent / 100


def _own_parents(scenarios: Iterable[Scenario]) -> Iterator[Problem]:
    for scenario in scenarios:
        for headers in (scenario.headers, *(step.headers for step in scenario.all_steps)):
            if any(name.lower() == _PARENT for name in headers):
                message = (
                    f"{scenario.name} has a header {_PARENT} of its own; leave out one of both"
                )
                yield option_problem("--trace", message)


def exporter_settings(
    options: Namespace, environ: Mapping[str, str] = os.environ
) -> ExporterSettings | None:
    """What is to be told to whom; the socket listens already. None: nothing. PlanError when it
    can't be done."""
    if options.metrics_port is None and options.metrics_host != LOOPBACK:
        message = "nothing listens there without --metrics-port; give one, such as 9464"
        raise PlanError([option_problem(f"--metrics-host {options.metrics_host}", message)])
    if options.otlp is None and options.metrics_port is None:
        return None
    from jobload.web.exporter.exporter_messages import ExporterSettings

    if options.otlp is not None:
        _check_otlp(options.otlp)
    if options.metrics_port is None:
        return ExporterSettings(otlp=options.otlp)
    host = options.metrics_host
    needs_token = not leads_to_loopback(host)
    _check_token(host, needs_token, environ.get(TOKEN, "").strip())
    own = _listen(host, options.metrics_port)
    return ExporterSettings(own.detach(), host, needs_token, options.otlp)


def _check_token(host: str, needs_token: bool, token: str) -> None:
    if (needs_token and not token) or 0 < len(token) < SHORTEST_TOKEN:
        message = (
            f"others than this machine can reach it, so set {TOKEN} to {SHORTEST_TOKEN} characters"
            " or more, which scrapers send as a bearer token"
        )
        if token:
            message = f"{TOKEN} is shorter than {SHORTEST_TOKEN} characters"
        raise PlanError([option_problem(f"--metrics-host {host}", message)])


def _listen(host: str, port: int) -> socket.socket:
    option = "--metrics-port"
    if not 0 < port < 65536:
        raise PlanError([option_problem(f"{option} {port}", "expected a port, 1 to 65535")])
    return listening(host, port, option)


def _check_otlp(url: str) -> None:
    where = "--otlp"
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        message = "expected the address of an OTLP/HTTP endpoint, such as http://127.0.0.1:4318"
        raise PlanError([option_problem(where, message)])
    if "@" in parts.netloc or parts.query or parts.fragment:
        message = (
            "the address can have neither user, password nor query; what authorizes goes into"
            " OTEL_EXPORTER_OTLP_HEADERS"
        )
        raise PlanError([option_problem(where, message)])
    if not _has_extra():
        message = f"what pushes metrics is not installed; get it with: pip install '{EXTRA}'"
        raise PlanError([option_problem(f"{where} {url}", message)])


def _has_extra() -> bool:
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False
