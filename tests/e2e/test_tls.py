"""A target behind nginx that asks for a client certificate: probe, load and audit show it."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from e2e.accounts import assert_accounts
from e2e.jobs_target import jobs_target
from e2e.load_test import run_locust
from e2e.nginx import IS_THERE, MISSING, make_certificate, running_nginx
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import closed_port
from e2e.waiting import Background, Job

SERVER = """
ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
ssl_client_certificate {folder}/client.pem; ssl_verify_client on;
upstream target {{ server 127.0.0.1:{target}; keepalive 16; }}
server {{
    listen 127.0.0.1:{port} ssl;
    location / {{
        proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection "";
    }}
}}
"""
QUICK = steady(5, None, 3, 1)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address, and the folder of the certificates."""
    if not IS_THERE:
        pytest.skip(MISSING)
    folder = tmp_path_factory.mktemp("guarded")
    make_certificate(folder, "server", "-addext", "subjectAltName=IP:127.0.0.1")
    make_certificate(folder, "client")
    port = closed_port()
    with jobs_target() as target:
        server = SERVER.format(folder=folder, port=port, target=target.port)
        with running_nginx(folder, server):
            yield f"https://127.0.0.1:{port}", folder


def _run(folder: Path, url: str, tls: dict[str, Any], *options: str, **more: Any) -> Outcome:
    plan = write_plan(folder, {"light": {**QUICK, "audit": True, "tls": tls}})
    return run_locust(folder, *plan, *options, host=url, **more)


@pytest.fixture(scope="module")
def runs(
    guarded: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Background]:
    url, keys = guarded
    folder = tmp_path_factory.mktemp("runs")
    whole = {
        "cert": str(keys / "client.pem"),
        "key": str(keys / "client.key"),
        "ca": str(keys / "server.pem"),
    }
    for name in ("client.pem", "client.key", "server.pem"):
        (folder / "beside").mkdir(exist_ok=True)
        shutil.copy(keys / name, folder / "beside")
    relative = {field: Path(file).name for field, file in whole.items()}
    jobs: dict[str, Job] = {
        "with": partial(_run, folder / "with", url, whole, mode="processes"),
        "beside": partial(_run, folder / "beside", url, relative),
        "without": partial(_run, folder / "without", url, {"ca": whole["ca"]}),
        "absent": partial(_run, folder / "absent", url, {"cert": "nowhere.pem"}),
    }
    with Background(jobs) as background:
        yield background


@pytest.mark.parametrize("name", ["with", "beside"])
def test_probe_load_and_audit_show_the_certificate(
    runs: Background, guarded: tuple[str, Path], name: str
) -> None:
    outcome = runs[name]
    outcome.assert_came_to(0, "PASS")
    assert_accounts(outcome)
    audit = outcome.scenario("light")["audit"]
    assert audit["status"] == "PASS"
    assert audit["stored"] == audit["acknowledged"] == outcome.sum("succeeded") > 0
    seen = (guarded[1] / "access.log").read_text()
    assert f"/-/runs/{outcome.result['run_id']}/operations" in seen


def test_without_one_nothing_passes_and_the_reason_is_told(runs: Background) -> None:
    """nginx shakes hands with anybody, and then answers 400."""
    outcome = runs["without"]
    outcome.assert_came_to(3, "INVALID")
    said = " ".join(outcome.console.split())
    assert "the target asks for a client certificate" in said
    assert "tls: {cert: FILE, key: FILE}" in said


def test_a_file_that_is_not_there_is_told_before_any_load(runs: Background) -> None:
    outcome = runs["absent"]
    assert outcome.exit_code == 2
    assert "nowhere.pem: tls.cert: can't be read: No such file" in outcome.console
    assert not outcome.results
