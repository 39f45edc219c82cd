"""Each example of the pages does what it says: it is loaded, parsed, compiled or run."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
from deploy.kustomize import KUBERNETES, MADE_BY_HAND, OVERLAYS, build
from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments
from pages import BLOCKS, ROOT, Block, commands_of, readers_folder
from prometheus_process import needs_prometheus
from ruamel.yaml import YAML

from jobload.cli import _parsers
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.lifecycle.options import add_options
from jobload.lifecycle.setting_names import PREFIX, warnings_about
from jobload.plan.arrivals_planned import check_arrivals
from jobload.plan.plan_file import PlanFile, load_plan_file
from jobload.plan.sent_files import check_sent_files
from target_app.settings import load_settings

pytestmark = pytest.mark.processes

BIN = Path(sys.executable).parent
NOT_TRIED = {
    ("docs/first-run.md", "text"): "a line of a run that goes on; its figures are of one moment",
    ("docs/from-k6.md", "javascript"): "a script of k6, which is not installed",
    ("docs/web-ui.md", "nginx"): "what test_behind_nginx.py runs",
    ("docs/who-notices.md", "text"): "what each tool was given; verify.who_notices runs it",
    ("README.md", "text"): "compared with the example run, in test_readme.py",
}
ORDINARY = {"pip", "cd", "git", "openssl"}
"""Programs of others: that they are called rightly is not ours to test."""
ONE_SCENARIO = {"shape": "ramp", "users": 20, "duration": "35s", "rate": 50}


def of_kind(*languages: str, name: str | None = None) -> pytest.MarkDecorator:
    found = [b for b in BLOCKS if b.language in languages and name in (None, b.name)]
    assert found, languages
    return pytest.mark.parametrize("block", found, ids=str)


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    tried = {"sh", "console", "python"}
    kinds = {"yaml": {"scenario", "checks"}}
    unknown = [
        f"{block}: {block.language} {block.name}"
        for block in BLOCKS
        if block.language not in tried
        and not block.is_file
        and block.name not in kinds.get(block.language, ())
        and (block.page, block.language) not in NOT_TRIED
    ]
    assert unknown == []


def test_no_exception_is_left_that_excepts_nothing() -> None:
    assert NOT_TRIED.keys() <= {(block.page, block.language) for block in BLOCKS}


# --- files ----------------------------------------------------------------------------------


def plan_beside(folder: Path) -> PlanFile:
    own = folder / "scenarios.yaml"
    return load_plan_file(own if own.exists() else ROOT / "scenarios.yaml")


@of_kind("yaml", name="scenarios.yaml")
def test_a_scenario_file_is_one(block: Block, tmp_path: Path) -> None:
    for scenario in plan_beside(readers_folder(block, tmp_path)).scenarios.values():
        check_sent_files(scenario)
        check_arrivals(scenario)


@of_kind("yaml", name="thresholds.yaml")
def test_a_threshold_file_is_one(block: Block, tmp_path: Path) -> None:
    folder = readers_folder(block, tmp_path)
    plan = plan_beside(folder)
    file = folder / "thresholds.yaml"
    assert load_threshold_file(file, plan.scenarios, observe=plan.observe)


@needs_prometheus
@of_kind("yaml", name="prometheus.yml")
def test_a_configuration_of_prometheus_is_one(block: Block, tmp_path: Path) -> None:
    file = readers_folder(block, tmp_path) / "prometheus.yml"
    done = subprocess.run(
        ["promtool", "check", "config", str(file)], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stdout + done.stderr


@of_kind("yaml", name="scenario")
def test_fields_of_a_scenario_are_some(block: Block, tmp_path: Path) -> None:
    given = YAML(typ="safe").load(block.text)
    body = given if "shape" in given else {**ONE_SCENARIO, **given}
    plan = write_yaml(readers_folder(block, tmp_path), {"scenarios": {"one": body}})
    assert "one" in load_plan_file(plan).scenarios


@of_kind("yaml", name="checks")
def test_lines_of_a_threshold_file_are_some(block: Block, tmp_path: Path) -> None:
    checks = YAML(typ="safe").load(block.text)
    plan = load_plan_file(
        write_yaml(tmp_path, {"scenarios": {"one": ONE_SCENARIO}}, "scenarios.yaml")
    )
    file = write_yaml(tmp_path, {"scenarios": {"one": checks}}, "thresholds.yaml")
    assert len(load_threshold_file(file, plan.scenarios)["one"]) >= len(checks)


def write_yaml(folder: Path, data: object, name: str = "one.yaml") -> Path:
    with (folder / name).open("w") as file:
        YAML(typ="safe").dump(data, file)
    return folder / name


# --- commands -------------------------------------------------------------------------------


@of_kind("sh")
def test_commands_are_taken_by_the_programs_they_name(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(readers_folder(block, tmp_path))
    for command in commands_of(block.text):
        program, *arguments = shlex.split(command)
        name = Path(program).name
        assert name in ORDINARY | PROGRAMS.keys(), f"{block}: {command}"
        if name in PROGRAMS:
            monkeypatch.setattr(sys, "argv", [name, *arguments])
            PROGRAMS[name](arguments)


def _jobload(arguments: list[str]) -> None:
    command, *rest = arguments
    if command == "run":
        _locust(rest)
    elif command == "target":
        _target(rest)
    else:
        parser, _ = _parsers()
        parser.parse_args(arguments)


def _locust(arguments: list[str]) -> None:
    parser = get_empty_argument_parser(default_config_files=[])
    setup_parser_arguments(parser)
    add_options(parser)
    parser.parse_args(arguments)


def _target(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.parse_args(arguments)


def _make(arguments: list[str]) -> None:
    known = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text())
    targets = [a for a in arguments if "=" not in a]
    assert targets, arguments
    assert set(targets) <= {*known}


def _python(arguments: list[str]) -> None:
    flag, what = arguments[0], arguments[1]
    assert flag in ("-m", "-c")
    assert find_spec(what) if flag == "-m" else compile(what, "<example>", "exec")


def _docker(arguments: list[str]) -> None:
    if arguments[0] == "build":
        assert (ROOT / arguments[-1] / "Dockerfile").exists()
        return
    assert arguments[0] == "compose"
    services = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())["services"]
    for before, word in pairwise(arguments):
        if before == "-f":
            assert (ROOT / word).exists(), word
        if before in ("--rm", "logs"):
            assert word in services
        if before == "--scale":
            assert word.partition("=")[0] in services
    assert {"up", "run", "logs", "create", "cp", "down"} & {*arguments}


def _kubectl(arguments: list[str]) -> None:
    """What it names is there."""
    verb, *rest = arguments
    made = {m["metadata"]["name"]: m for name in OVERLAYS for m in build(KUBERNETES / name)}
    for before, word in pairwise(rest):
        if before == "-k":
            assert (ROOT / word / "kustomization.yaml").exists(), word
        if before == "-f":
            assert (ROOT / word).exists(), word
        if before == "secret":
            assert rest[2] in MADE_BY_HAND
        if before == "--selector":
            key, value = word.split("=")
            assert [m for m in made.values() if m["metadata"].get("labels", {}).get(key) == value]
    for word in rest:
        if word.startswith("--from-file="):
            assert (ROOT / word.partition("=")[2]).exists()
        elif word.startswith("jobload-"):
            assert word.partition(":")[0] in made.keys() | MADE_BY_HAND, word
    assert verb in {"apply", "create", "delete", "get", "logs", "cp"}


def _export(arguments: list[str]) -> None:
    variable, value = arguments[0].split("=", 1)
    if variable.startswith("JOBLOAD_TARGET_"):
        assert load_settings({variable: value}, {})[1] == []
    elif variable.startswith(PREFIX):
        assert [*warnings_about({variable: value})] == []


PROGRAMS: Mapping[str, Callable[[list[str]], None]] = {
    "jobload": _jobload,
    "locust": _locust,
    "make": _make,
    "python": _python,
    "docker": _docker,
    "kubectl": _kubectl,
    "export": _export,
}


@of_kind("console")
def test_a_command_prints_what_the_page_says(block: Block, tmp_path: Path) -> None:
    folder = readers_folder(block, tmp_path)
    for part in re.split(r"(?m)^\$ ", block.text)[1:]:
        command, _, expected = part.partition("\n")
        done = subprocess.run(
            shlex.split(command),
            cwd=folder,
            env={"PATH": f"{BIN}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        said = "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
        # "…" stands for what the page leaves out.
        pattern = ".*".join(re.escape(text) for text in expected.strip().split("…"))
        assert re.fullmatch(pattern, said, re.DOTALL), said


# --- Python ---------------------------------------------------------------------------------

PYTHON = [block for block in BLOCKS if block.language == "python"]


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_is_imported_as_locust_would(block: Block, tmp_path: Path) -> None:
    folder = readers_folder(block, tmp_path)
    (folder / "example.py").write_text(block.text)
    program = "import locust, example"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_python_is_typed(tmp_path: Path) -> None:
    files = [tmp_path / f"example_{number}.py" for number in range(len(PYTHON))]
    for file, block in zip(files, PYTHON, strict=True):
        file.write_text(f"# {block}\n{block.text}")
    mypy: list[str | Path] = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--untyped-calls-exclude=locust",
        f"--cache-dir={ROOT / '.mypy_cache/of-examples'}",  # of what they import
        *files,
    ]
    done = subprocess.run(mypy, cwd=tmp_path, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
