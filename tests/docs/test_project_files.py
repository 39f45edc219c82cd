"""What a repository has for those who come to it: forms, versions, lock files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pages import ROOT

pytestmark = pytest.mark.processes

BIN = Path(sys.executable).parent
FORMS = ROOT / ".github/ISSUE_TEMPLATE"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.parametrize("file", sorted(FORMS.glob("*.yml")), ids=lambda file: file.name)
def test_an_issue_form_is_one_that_github_takes(file: Path) -> None:
    schema = "github-issue-config" if file.name == "config.yml" else "github-issue-forms"
    check: list[str | Path] = [
        BIN / "check-jsonschema",
        "--builtin-schema",
        f"vendor.{schema}",
        file,
    ]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_newest_version_of_the_changelog_is_this_one_with_its_day() -> None:
    versions = re.findall(r"(?m)^## \[(\S+)\](.*)$", (ROOT / "CHANGELOG.md").read_text())
    (version, day), *_ = [each for each in versions if each[0] != "Unreleased"]
    assert version == VERSION
    assert re.fullmatch(r" - \d{4}-\d\d-\d\d", day)


PIPELINES = [*ROOT.glob("examples/ci/*.yml"), *ROOT.glob("deploy/*/*.yml"), ROOT / "docs/ci.md"]


@pytest.mark.parametrize("file", sorted(PIPELINES), ids=lambda file: file.name)
def test_an_example_of_a_pipeline_takes_this_version(file: Path) -> None:
    assert re.findall(r"\bv\d+\.\d+\.\d+", file.read_text()) == [f"v{VERSION}"]


def test_what_builds_the_pages_is_locked_as_what_runs_beside_it() -> None:
    """`make docs` installs into the same .venv as `make test`."""
    docs, dev = pins("docs"), pins("dev")
    assert {"sphinx", "myst-parser", "furo"} <= docs.keys()
    assert {name: pin for name, pin in docs.items() if dev.get(name) != pin} == {}


def pins(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    text = (ROOT / f"requirements/{lock}.lock").read_text()
    for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", text):
        found.setdefault(name, set()).add(version)
    return found
