"""The wheel whose hot modules are compiled, as `make wheel` has built it; `make test-compiled` runs
this, and the unit tests of those modules on them."""

from __future__ import annotations

import json
import sys
import sysconfig
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path
from socket import socket

import pytest
from e2e.truth_server import JOBS, running_server
from wheel_environment import environment_of, run

import jobload
from jobload.load.http.plain_stream import plain_stream

ROOT = Path(__file__).resolve().parents[1]
IS_COMPILED = Path(jobload.__path__[0]).parent != ROOT
pytestmark = pytest.mark.skipif(not IS_COMPILED, reason="make test-compiled builds what this is of")

SUITE = """
suites:
  flow: [flow]
scenarios:
  flow:
    shape: staged
    data: {people: {file: people.csv}}
    stages: [{name: hold, duration: 3s, users: 10, rate: 100}]
    steps:
      - {name: submit, post: /api/v1/jobs, json: {n: "{{ people.n }}"}, expect: {status: [201]},
         capture: {job: $.id}}
      - {name: fetch, get: "/api/v1/jobs/{{ job }}"}
"""


@pytest.fixture(scope="module")
def wheel() -> Path:
    (built,) = (ROOT / "dist").glob("*.whl")
    return built


def modules() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    hook = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]
    names: list[str] = hook["modules"]
    return names


@pytest.mark.parametrize("file", modules())
def test_each_module_on_the_list_is_compiled_and_is_what_runs(file: str) -> None:
    module = import_module(file.removesuffix(".py").replace("/", "."))
    assert Path(str(module.__file__)).suffix in (".so", ".pyd")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is in Python")
def test_sockets_are_read_and_written_in_c() -> None:
    with socket() as raw:
        assert type(plain_stream(raw)).__module__ == "jobload.load.kernel_calls"


def test_the_wheel_is_for_this_python_and_brings_one_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"jobload"}
    assert sysconfig.get_config_var("py_version_nodot") in wheel.name.split("-")[2]
    assert set(modules()) <= set(names), "what can't be loaded is run as Python"


@pytest.mark.processes
def test_what_it_counts_is_what_the_server_counts(wheel: Path, tmp_path: Path) -> None:
    installed = environment_of(tmp_path / "env", wheel, Path(sysconfig.get_path("purelib")))
    said = "import jobload.load.users.operation as module; print(module.__file__)"
    assert run([installed / "python", "-c", said], tmp_path).strip().endswith(".so")
    (tmp_path / "scenarios.yaml").write_text(SUITE)
    (tmp_path / "people.csv").write_text("n\n" + "\n".join(map(str, range(50))))
    with running_server("fixed", latency_ms=5) as server:
        command: list[str | Path] = [installed / "jobload", "run", "--host", server.url]
        run([*command, "--suite", "flow", "--processes", "2"], tmp_path, codes=(0, 3))
        counted = server.facts()["requests"]
    result = json.loads((tmp_path / "results/latest/result.json").read_text())
    (stage,) = result["scenarios"][0]["stages"]
    steps = {each["name"]: each["attempts"] for each in stage["endpoints"]}
    fetched = sum(n for place, n in counted.items() if place.startswith("GET /api/v1/jobs/"))
    assert steps == {"submit": counted[JOBS], "fetch": fetched}
    assert stage["succeeded"] == counted[JOBS] > 250
