"""docker-compose.yml, without Docker: what it grants, and each service run as it is written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from shutil import copy
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode

import pytest
from ruamel.yaml import YAML

from target_app.children import start_child, stop_child
from target_app.listener import bind
from target_app.redis_server import find_binary

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = ROOT / "docker-compose.yml"
OVERRIDE = ROOT / "examples/compose/own-api.yml"
BIN = Path(sys.executable).parent

HEALTHY_WITHIN_S = 20.0
RUN_WITHIN_S = 40.0
NAMES = ("redis", "target", "master", "worker")
Service = dict[str, Any]


def load_services() -> dict[str, Service]:
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", COMPOSE.read_text())
    services: dict[str, Service] = YAML(typ="safe").load(text)["services"]
    return services


SERVICES = load_services()
NETWORKS: dict[str, dict[str, Any]] = YAML(typ="safe").load(COMPOSE)["networks"]


@pytest.mark.parametrize("file", [COMPOSE, OVERRIDE], ids=lambda path: path.name)
def test_meets_the_compose_specification(file: Path) -> None:
    check = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_one_image_for_the_four_services() -> None:
    assert set(SERVICES) == set(NAMES)
    assert {(service["image"], service["build"]) for service in SERVICES.values()} == {
        ("jobload:local", ".")
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_service_has_as_few_rights_as_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)


def test_only_the_web_ui_is_published_and_only_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"master": ["127.0.0.1:8089:8089"]}


@pytest.mark.parametrize(
    ("network", "members"),
    [
        ("store", {"redis", "target"}),
        ("load", {"target", "master", "worker"}),
        ("control", {"master", "worker"}),
    ],
)
def test_an_inner_network_leads_nowhere_and_has_no_other_members(
    network: str, members: set[str]
) -> None:
    assert NETWORKS[network] == {"internal": True}
    assert {n for n, service in SERVICES.items() if network in service["networks"]} == members


def test_the_number_of_workers_is_free() -> None:
    worker = SERVICES["worker"]
    assert worker["scale"] == 2
    assert not {"container_name", "hostname", "ports"} & set(worker)


@pytest.mark.parametrize(
    ("name", "first"), [("target", "redis"), ("master", "target"), ("worker", "master")]
)
def test_a_service_waits_until_the_one_it_needs_is_healthy(name: str, first: str) -> None:
    assert SERVICES[name]["depends_on"] == {first: {"condition": "service_healthy"}}
    assert SERVICES[first]["healthcheck"]["test"][0] == "CMD"


def test_master_and_workers_share_a_token_that_nobody_has_to_think_of() -> None:
    for name in ("master", "worker"):
        assert SERVICES[name]["environment"]["JOBLOAD_TOKEN_FILE"] == "/run/jobload/token"
        assert "token:/run/jobload" in SERVICES[name]["volumes"]
    assert "/run/jobload" in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--appendonly", "yes"), ("--appendfsync", "everysec"), ("--maxmemory-policy", "noeviction")],
)
def test_the_store_keeps_every_job_it_has_accepted(option: str, value: str) -> None:
    command = SERVICES["redis"]["command"]
    assert command[command.index(option) + 1] == value
    assert SERVICES["redis"]["volumes"] == ["store:/data"]


def test_the_image_takes_packages_by_hash_and_runs_as_nobody_in_particular() -> None:
    steps = (ROOT / "Dockerfile").read_text()
    installs = re.findall(r"^RUN pip install (.+)$", steps, re.MULTILINE)
    assert ["--require-hashes" in step or "--no-deps" in step for step in installs] == [True] * 3
    assert re.findall(r"^USER (.+)$", steps, re.MULTILINE) == ["10001:10001"]
    assert "://" not in steps
    assert "index" not in steps


def test_the_build_context_holds_what_the_dockerfile_copies_and_nothing_else() -> None:
    copies = re.findall(
        r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    copied = {path for line in copies for path in line.split()}
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignore
    assert {line[1:] for line in ignore if line.startswith("!")} == copied
    assert all((ROOT / path).exists() for path in copied)


# --- the services, outside of containers ----------------------------------------------------

HOST = re.compile(r"(?<=//)(redis|target)(?=:)|^master$|0\.0\.0\.0")
PORT = re.compile(r"\b(6379|8000|8089|5557)\b")
SHORT_LIGHT = """
scenarios:
  light: {shape: ramp, users: 5, ramp_up: 1s, duration: 3s, rate: 100}
"""
LIMITS = """
scenarios:
  light:
    - {metric: throughput, expect: ">= 40/s", stage: hold}
"""
JOB = '{"job_name": "one", "args": {"model": "m", "data": "d", "worker_id": 0}, "priority": 0}'


class Project:
    """The services as processes, as the file has them but for host names, ports and volumes."""

    def __init__(self, folder: Path, exits: ExitStack) -> None:
        self._folder = folder
        self._exits = exits
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ports = {port: str(free_port()) for port in ("6379", "8000", "8089", "5557")}
        self._path = f"{self._store_as_in_the_image()}:{BIN}:/usr/bin:/bin"

    def _store_as_in_the_image(self) -> Path:
        own = self.folder_of("bin")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", "/nonexistent")  # as in the image: there is no other server
            (own / "redis-server").symlink_to(find_binary())
        return own

    def folder_of(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        return folder

    def start(self, name: str, service: str) -> None:
        command = self._here(SERVICES[service]["command"])
        with (self._folder / f"{name}.log").open("ab") as log:
            process = start_child(
                ["env", "-C", str(self.folder_of(name)), *command],
                environ=self.environ(service),
                output=log,
            )
        self._processes[name] = process
        self._exits.callback(stop_child, process, 20.0)

    def kill(self, name: str) -> None:
        self._processes[name].kill()
        self._processes[name].wait()

    def wait_until_healthy(self, name: str, service: str) -> None:
        check = self._here(SERVICES[service]["healthcheck"]["test"][1:])

        def passes() -> bool:
            done = subprocess.run(check, env=self.environ(service), capture_output=True, timeout=10)
            return done.returncode == 0

        wait_until(passes, HEALTHY_WITHIN_S, lambda: f"{name} is not healthy: {self.log(name)}")

    def log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text()

    def environ(self, service: str) -> dict[str, str]:
        given: dict[str, str] = SERVICES[service].get("environment", {})
        own = dict(zip(given, self._here(list(given.values())), strict=True))
        return {"PATH": self._path, "HOME": "/nonexistent", **own}

    def ask(
        self, port: str, method: str, path: str, body: str = "", **headers: str
    ) -> tuple[int, Any]:
        """Status and JSON of the reply from the service that has this port in the file."""
        client = HTTPConnection("127.0.0.1", int(self._ports[port]), timeout=10)
        client.request(method, path, body, headers)
        reply = client.getresponse()
        said = json.loads(reply.read())
        client.close()
        return reply.status, said

    def _here(self, words: list[str]) -> list[str]:
        shared = str(self.folder_of("token"))
        words = [word.replace("/run/jobload", shared) for word in words]
        local = [HOST.sub("127.0.0.1", word) for word in words]
        return [PORT.sub(lambda match: self._ports[match[0]], word) for word in local]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with ExitStack() as exits:
        yield Project(tmp_path, exits)


@pytest.mark.e2e
def test_the_services_run_as_written_and_load_the_target_together(project: Project) -> None:
    for name in ("master", "worker-1", "worker-2"):
        copy(ROOT / "locustfile.py", project.folder_of(name))
    (project.folder_of("master") / "scenarios.yaml").write_text(SHORT_LIGHT)
    (project.folder_of("master") / "thresholds.yaml").write_text(LIMITS)
    for name in ("redis", "target", "master", "worker-1", "worker-2"):
        service = name.partition("-")[0]
        project.start(name, service)
        project.wait_until_healthy(name, service)

    # Its health check sees every connection of this host, so here it tells nothing of the second.
    both = "2 workers connected"
    wait_until(
        lambda: both in project.log("master"), HEALTHY_WITHIN_S, lambda: project.log("master")
    )

    start_from_the_form(project)
    newest = project.folder_of("master") / "results/latest/result.json"
    wait_until(newest.exists, RUN_WITHIN_S, lambda: f"no result: {project.log('master')}")

    result = json.loads(newest.read_text())
    # A busy machine may make arrivals late, and these processes are many.
    complaints = {check["id"] for check in result["validity"] if check["status"] == "FAIL"}
    assert complaints <= {"schedule-kept"}, project.log("master")
    assert [check["status"] for s in result["scenarios"] for check in s["checks"]] == ["PASS"] * 3
    assert len(result["topology"]["workers"]) == 2


def start_from_the_form(project: Project) -> None:
    form = {
        "user_count": "1",
        "spawn_rate": "1",
        "host": project.environ("master")["LOCUST_HOST"],
        "scenario": "light",
    }
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    status, said = project.ask("8089", "POST", "/swarm", urlencode(form), **form_type)
    assert (status, said["success"]) == (200, True), said


@pytest.mark.e2e
def test_a_job_that_was_accepted_survives_the_death_of_the_store(project: Project) -> None:
    for name in ("redis", "target"):
        project.start(name, name)
        project.wait_until_healthy(name, name)
    json_type = {"Content-Type": "application/json"}
    status, job = project.ask("8000", "POST", "/api/v1/jobs", JOB, **json_type)
    assert status == 201, job

    project.kill("redis")
    project.start("redis", "redis")
    project.wait_until_healthy("target", "target")
    assert project.ask("8000", "GET", f"/api/v1/jobs/{job['id']}")[0] == 200


def wait_until(holds: Callable[[], Any], within_s: float, why_not: Callable[[], str]) -> None:
    deadline_s = monotonic() + within_s
    while not holds():
        assert monotonic() < deadline_s, why_not()
        sleep(0.05)


def free_port() -> int:
    with bind("127.0.0.1", 0) as listener:
        port: int = listener.getsockname()[1]
        return port
