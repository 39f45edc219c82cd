"""What a command must not import before it is needed, which is how fast it starts; no stopwatch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[1]
WATCHED = """\
import atexit, json, os, sys
loaded = lambda: print("loaded", json.dumps([*sys.modules]), sep="\\n", flush=True)
atexit.register(loaded)
os.execv = lambda *_: sys.exit(0)  # what comes next is another program
"""
LOCUST = {"locust", "flask", "werkzeug", "requests", "zmq", "psutil"}
OF_REPORTS = {"jinja2", "svg", "prometheus_client"}
OF_FEW_PLANS = {"jsonschema", "referencing", "rstr", "jsonpath_rfc9535"}
OF_FILES = {"pydantic", "ruamel", "msgspec", "orjson", "httptools", "gevent", "rich"}
ANY = LOCUST | OF_REPORTS | OF_FEW_PLANS | OF_FILES


def loaded(program: str, cwd: Path = ROOT) -> tuple[str, set[str]]:
    """What a fresh process said, and what it had imported at its end."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED + program],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=60,
    )
    said, _, modules = done.stdout.rpartition("loaded\n")
    assert modules, done.stderr
    return said + done.stderr, set(json.loads(modules))


def given(*arguments: str) -> tuple[str, set[str]]:
    return loaded(f"from jobload.cli import main; sys.exit(main({[*arguments]!r}))")


@pytest.mark.parametrize(
    ("arguments", "says", "needless"),
    [
        (["--help"], "validate", ANY),
        (["validate", "--help"], "--thresholds", ANY),
        (["compare", "--help"], "--max-change", ANY),
        (["run", "--suite", "small"], "jobload starts", ANY),
        (["validate"], "scenarios.yaml: ", LOCUST | OF_REPORTS | OF_FEW_PLANS | {"rich"}),
        (["compare", "a", "b"], "can't be read", LOCUST | OF_REPORTS | OF_FEW_PLANS | {"gevent"}),
        (["history", "--results", "none"], "can't be read", LOCUST | OF_REPORTS | {"gevent"}),
    ],
    ids=["help", "validate-help", "compare-help", "run", "validate", "compare", "history"],
)
def test_a_command_imports_no_more_than_it_needs(
    arguments: list[str], says: str, needless: set[str]
) -> None:
    said, modules = given(*arguments)
    assert says in said
    assert not needless & modules


def test_a_run_without_web_ui_does_without_its_pages() -> None:
    _, modules = loaded("import locust, jobload.lifecycle.leader.leading_process")
    assert not {"prometheus_client", "jobload.web.web_ui"} & modules


def test_a_worker_does_without_what_leads_judges_and_reports() -> None:
    install = "import locust, sys; sys.argv = ['locust', '--worker']; import locustfile"
    _, modules = loaded(install)
    assert "jobload.lifecycle.worker.worker" in modules
    needless = ("jobload.lifecycle.leader.", "jobload.judge.thresholds", "jobload.report.", "rich")
    assert not [name for name in modules if name.startswith(needless)]


@pytest.mark.parametrize("arguments", [[], ["--processes", "2"]], ids=str)
def test_what_leads_and_what_it_forks_have_imported_their_part_when_the_file_is_read(
    arguments: list[str],
) -> None:
    """Importing would be a pause of the load, or would be done once more in each worker."""
    install = f"import locust, sys; sys.argv = ['locust', *{arguments}]; import locustfile"
    _, modules = loaded(install)
    assert "jobload.report.result.result" in modules
    assert "jobload.lifecycle.worker.worker" in modules


def test_the_embedded_target_starts_before_locust_is_imported() -> None:
    _, modules = loaded("import jobload.lifecycle.entry, jobload.lifecycle.target.embedded")
    assert "jobload.lifecycle.target.embedded" in modules
    assert not ANY & modules


def test_the_metadata_of_packages_are_read_once_and_plugins_of_gevent_are_heard(
    tmp_path: Path,
) -> None:
    (info := tmp_path / "plugin-1.dist-info").mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1\n")
    hears = "[gevent.plugins.monkey.did_patch_module]\nplugin = plugin:hear\n"
    (info / "entry_points.txt").write_text(hears)
    (tmp_path / "plugin.py").write_text("hear = lambda event: print('patched', event.module_name)")
    said, _ = loaded(
        f"""
from importlib import metadata
sys.path.append({str(tmp_path)!r})
given, real = metadata.entry_points, metadata.distributions
metadata.distributions = lambda *of, **which: print("read") or real(*of, **which)
sys.argv = ["jobload", "--version"]
from jobload.lifecycle.entry import run
try:
    run()
finally:
    assert metadata.entry_points is given
"""
    )
    while_it_patches, _, _ = said.rpartition("patched ")
    assert while_it_patches.split("\n").count("read") == 1
    assert "patched socket\n" in while_it_patches


@pytest.mark.parametrize(
    ("module", "needless"),
    [("embedded", {"msgspec", "redis"}), ("__main__", set[str]())],
    ids=["embedded", "with-workers"],
)
def test_who_starts_the_target_imports_no_server_of_its_own(
    module: str, needless: set[str]
) -> None:
    _, modules = loaded(f"import target_app.{module}")
    assert "target_app.workers" in modules
    assert not (needless | {"uvicorn", "fastapi", "starlette"}) & modules
