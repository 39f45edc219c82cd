"""The example for Locust's operator: both of its command lines make a run together."""

from __future__ import annotations

import json
import re
import shlex
from contextlib import ExitStack
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from e2e.truth_server import closed_port, running_server
from ruamel.yaml import YAML

from target_app.children import start_child, stop_child

from .kustomize import KUBERNETES, build
from .pods import BIN, ROOT, replaced

pytestmark = pytest.mark.processes

FOLDER = KUBERNETES / "locust-operator"
MOUNTED_AT = "/home/locust"
"""Where the operator mounts the ConfigMap."""
SPEC: dict[str, Any] = YAML(typ="safe").load(FOLDER / "load-test.yaml")["spec"]


def test_the_plan_is_one_that_the_cluster_has() -> None:
    names = {m["metadata"]["name"] for m in build(KUBERNETES / "stand-in")}
    assert SPEC["locustfile"]["configMap"]["name"] in names
    assert f"--expect-workers {SPEC['workers']} " in SPEC["args"]


def test_master_and_workers_make_a_run_of_the_same_arguments(tmp_path: Path) -> None:
    (entry,) = re.findall(r"^ENTRYPOINT (.+)$", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)
    mounted, app = tmp_path / "home", tmp_path / "app"
    mounted.mkdir()
    app.mkdir()
    copy(ROOT / "locustfile.py", app)
    copy(KUBERNETES / "stand-in/thresholds.yaml", mounted)
    short = {"shape": "ramp", "users": 6, "ramp_up": "1s", "duration": "4s", "rate": 150}
    (mounted / "scenarios.yaml").write_text(json.dumps({"scenarios": {"light": short}}))
    environ = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": "/nonexistent"}
    environ |= {each["name"]: each["value"] for each in SPEC["env"]}
    port = str(closed_port())
    with running_server("fixed", latency_ms=5) as server, ExitStack() as exits:
        words = {
            MOUNTED_AT: str(mounted),
            "/app": str(app),
            "/tmp/results": str(tmp_path / "results"),
            "http://jobs-api:8000": server.url,
            "0.0.0.0": "127.0.0.1",
        }
        args = [replaced(word, words) for word in shlex.split(SPEC["args"])]
        at = ["--master-host", "127.0.0.1", "--master-port", port]
        commands = [["--master", *args, "--master-bind-port", port]]
        commands += [["--worker", *at, *args]] * SPEC["workers"]
        processes = []
        for number, command in enumerate(commands):
            with (tmp_path / f"{number}.log").open("wb") as log:
                child = start_child([*json.loads(entry), *command], environ=environ, output=log)
            exits.callback(stop_child, child, 10)
            processes.append(child)
        codes = [process.wait(90) for process in processes]
        requests = server.requests()
    assert codes == [0] * 4, (tmp_path / "0.log").read_text()
    result = json.loads((tmp_path / "results/latest/result.json").read_text())
    assert result["status"] == "PASS"
    assert sum(s["attempts"] for s in result["scenarios"][0]["stages"]) == requests
