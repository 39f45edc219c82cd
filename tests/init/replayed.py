"""What jobload init has written, read as a run reads it and sent by a real user to a server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from one_process import OneProcess, scenario, wait_until
from ruamel.yaml import YAML
from scripted_api import Answer, Request, ScriptedApi

from jobload.cli import main
from jobload.load.users.flow_user import FlowUser
from jobload.plan.plan_file import load_plan_file
from jobload.plan.scenario import Scenario

VARIABLE = re.compile(r"\$\{(\w+)\}")


def written(folder: Path, *options: str) -> Path:
    """The scenario file, after init and validate have both been content."""
    assert main(["init", *options, "--into", str(folder)]) == 0
    file = folder / "scenarios.yaml"
    assert main(["validate", "--scenarios", str(file)]) == 0
    return file


def steps_in(file: Path) -> list[dict[str, Any]]:
    """Of all flows, as they are written, by a reader of YAML that is not the plan's."""
    (only,) = YAML(typ="safe", pure=True).load(file)["scenarios"].values()
    flows = only.get("flows", {"": only})
    return [step for flow in flows.values() for step in flow["steps"]]


def read_back(file: Path, name: str | None = None) -> Scenario:
    """The scenario so called, or the only one."""
    scenarios = load_plan_file(file).scenarios
    (only,) = {name} if name else set(scenarios) - {"adhoc"}
    return scenarios[only]


@contextmanager
def replayed(
    file: Path,
    script: Callable[[Request], Answer],
    environ: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Iterator[tuple[OneProcess, ScriptedApi]]:
    """Until each flow has been done once or more, every operation to its end.

    Variables that the file names hold their own names, if `environ` says nothing else.
    """
    plan = read_back(file, name)
    stated = {name: name for name in VARIABLE.findall(file.read_text())} | dict(environ or {})
    names = {*plan.labels_of_steps}
    fields = {"flows": {n: f.model_dump(mode="json") for n, f in plan.all_flows.items()}}
    api = ScriptedApi(script=script)
    process = OneProcess(
        api.url, scenario(**fields, variables=plan.variables, payload_bytes=1024), environ=stated
    )
    try:
        process.say("load")
        process.add(FlowUser)
        wait_until(lambda: _failed(process) or all(process.step(n).succeeded for n in names))
        process.close_stage()
        wait_until(lambda: process.ended() == process.record().started)
        yield process, api
    finally:
        process.end()
        api.close()


def _failed(process: OneProcess) -> int:
    return process.record().overall().failed


def assert_all_succeeded(process: OneProcess) -> None:
    whole = process.record().overall()
    assert not whole.failed, whole.errors.examples
    assert whole.succeeded
