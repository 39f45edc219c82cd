"""Who may import whom (ARCHITECTURE.md), and that to import is all that an import does."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
EVERYTHING = {
    "plan", "measure", "load", "judge", "report", "live", "compare", "init", "web", "lifecycle",
}  # fmt: skip

MAY_IMPORT: dict[str, set[str]] = {
    "plan": set(),
    "measure": {"plan"},
    "load": {"plan", "measure"},
    "judge": {"plan", "measure"},
    "report": {"plan", "measure", "judge"},
    "live": {"plan", "measure", "judge", "report"},
    "compare": {"plan", "measure", "judge", "report"},
    "init": {"plan", "judge"},
    "web": {"plan", "measure", "judge", "report", "live", "compare"},
    "lifecycle": EVERYTHING - {"init"},
    "cli": EVERYTHING,
    "__main__": {"cli"},
}
KNOW_NO_NETWORK = ("plan", "measure", "judge", "report", "compare")
NETWORK = {
    "aiohttp", "flask", "gevent", "geventhttpclient", "greenlet", "http", "httptools", "httpx",
    "locust", "redis", "requests", "socket", "ssl", "urllib", "urllib3", "werkzeug", "zmq",
}  # fmt: skip
MEANINGLESS = {"util", "utils", "helper", "helpers", "common", "misc", "tools", "lib", "stuff"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """The modules that a file names, wherever in it, in full."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(path: Path) -> str:
    """plan for jobload/plan/stage.py, cli for jobload/cli.py."""
    return path.relative_to(ROOT / "jobload").parts[0].removesuffix(".py")


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


JOBLOAD = [path for path in sources("jobload") if part_of(path) != "__init__"]


@pytest.mark.parametrize("part", sorted({part_of(path) for path in JOBLOAD}))
def test_imports_follow_the_flow(part: str) -> None:
    assert part in MAY_IMPORT, f"say in MAY_IMPORT what the new part {part} may import"
    for path in JOBLOAD:
        if part_of(path) != part:
            continue
        for name in imports(path):
            top, _, rest = name.partition(".")
            if top == "jobload":
                other = rest.partition(".")[0]
                allowed = other == part or other in MAY_IMPORT[part]
                assert allowed, f"{shown(path)} imports {name}"
            assert top != "shapes", f"{shown(path)} imports {name}"


@pytest.mark.parametrize("path", sources("shapes"), ids=shown)
def test_shapes_know_the_plan_and_locust(path: Path) -> None:
    for name in imports(path):
        top, _, rest = name.partition(".")
        assert top != "jobload" or rest.startswith("load.staged_shape"), name


def test_the_tester_and_its_target_never_import_each_other() -> None:
    for path in sources("target_app"):
        assert not {"jobload", "shapes"} & {name.split(".")[0] for name in imports(path)}, path
    for path in sources("jobload", "shapes"):
        assert "target_app" not in {name.split(".")[0] for name in imports(path)}, path


def test_nothing_imports_the_locustfile() -> None:
    for path in sources("jobload", "shapes", "target_app"):
        assert "locustfile" not in {name.split(".")[0] for name in imports(path)}, path


def test_only_the_lifecycle_and_the_command_line_know_the_lifecycle() -> None:
    for path in JOBLOAD:
        if part_of(path) not in ("lifecycle", "cli"):
            assert not any(name.startswith("jobload.lifecycle") for name in imports(path)), path


@pytest.mark.parametrize("part", KNOW_NO_NETWORK)
def test_what_is_planned_measured_and_judged_needs_no_network(part: str) -> None:
    for path in sources(f"jobload/{part}"):
        assert not NETWORK & {name.split(".")[0] for name in imports(path)}, path


def test_every_module_is_named_for_what_it_holds() -> None:
    names = sources("jobload", "shapes", "target_app", "tests")
    assert not [shown(path) for path in names if {path.stem, path.parent.name} & MEANINGLESS]


def test_no_file_name_stands_twice() -> None:
    names = [path.name for path in JOBLOAD if path.name != "__init__.py"]
    assert sorted(names) == sorted(set(names))


FILE = re.compile(
    r"(?<![\w/.<{*-])((?:[\w-]+/)*[\w-]+\.(?:py|md|c|toml|html|js|css|txt|lock))\b(?!\.\w)"
)
OF_OTHERS = {
    "runners.py", "main.py", "locust/runners.py", "locust/stats.py", "locust/main.py",
    "report.html", "summary.md",
}  # fmt: skip
"""Locust's own, and what a run writes."""


def said_in(path: Path) -> Iterator[str]:
    """Its comments and docstrings."""
    text = path.read_text()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def test_no_comment_names_a_file_that_a_clone_does_not_have() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    there = {
        "/".join(parts[n:])
        for parts in (Path(name).parts for name in listed.stdout.splitlines())
        for n in range(len(parts))
    }
    for path in sources("jobload", "shapes", "target_app", "tests", "verify", "bench", "docs"):
        if not set(FILE.findall(path.read_text())) - there - OF_OTHERS:
            continue  # nor in its comments
        for text in said_in(path):
            missing = set(FILE.findall(text)) - there - OF_OTHERS
            assert not missing, f"{shown(path)} names {missing}"


SILENCED = re.compile(r"#\s*(?:noqa|nosec|type:\s*ignore|pragma:\s*no)\b")
WITH_ITS_REASON = re.compile(r"# (?:noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\])  # \S.*")


def silenced_without_a_reason(text: str) -> list[str]:
    """Each check is switched off by name, with the reason behind it."""
    if not SILENCED.search(text):
        return []  # nor in its comments
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return [c for c in comments if SILENCED.search(c) and not WITH_ITS_REASON.fullmatch(c)]


@pytest.mark.parametrize(
    ("comment", "is_fine"),
    [
        ("noqa: S104  # compared, not bound", True),
        ("type: ignore[misc, arg-type]  # has no types", True),
        ("noqa: S104", False),
        ("noqa  # whatever it is", False),
        ("type: ignore  # whatever it is", False),
        ("pragma: no cover  # never", False),
        ("no quarter", True),
    ],
)
def test_a_silenced_check_without_a_reason_would_be_found(comment: str, is_fine: bool) -> None:
    assert (not silenced_without_a_reason(f"x = 1  # {comment}\n")) == is_fine


def test_every_silenced_check_has_its_reason_beside_it() -> None:
    ours = sources("jobload", "shapes", "target_app", "tests")
    others = [*sources("examples", "verify", "bench", "docs", "deploy"), *ROOT.glob("*.py")]
    found = {shown(path): silenced_without_a_reason(path.read_text()) for path in ours + others}
    assert not {path: comments for path, comments in found.items() if comments}


# --- what mypyc gets wrong ------------------------------------------------------------------


def caught_twice(text: str) -> list[str]:
    """mypyc takes what the second `except … as name` of a function catches for the type of the
    first, and raises a TypeError in its place."""
    found = []
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef):
            caught = [n.name for n in ast.walk(function) if isinstance(n, ast.ExceptHandler)]
            names = [name for name in caught if name is not None]
            found += [f"{function.name}: {n}" for n in set(names) if names.count(n) > 1]
    return found


def test_no_compiled_function_gives_two_exceptions_one_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    compiled = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["modules"]
    found = {name: caught_twice((ROOT / name).read_text()) for name in compiled}
    assert not {name: functions for name, functions in found.items() if functions}


# --- in a process of its own ----------------------------------------------------------------


def imported(modules: list[str], before: tuple[str, ...] = ()) -> Any:
    """What a fresh process did and loaded when it imported these modules."""
    script = str(ROOT / "tests" / "watched_imports.py")
    done = subprocess.run(
        [sys.executable, script, str(ROOT), ",".join(before), ",".join(modules)],
        capture_output=True,
        check=True,
        text=True,
        cwd="/",
        timeout=60,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.processes
def test_plan_measure_judge_and_report_load_no_network_either() -> None:
    """Not even through something else."""
    folders = [f"jobload/{part}" for part in KNOW_NO_NETWORK]
    loaded = imported([module_name(path) for path in sources(*folders)])["loaded"]
    assert not {"locust", "gevent", "httptools", "flask", "redis", "requests", "zmq"} & set(loaded)
    assert "jobload.judge.verdict" in loaded


@pytest.mark.processes
@pytest.mark.parametrize(
    ("folders", "before"), [(("jobload", "shapes"), ("locust",)), (("target_app",), ())]
)
def test_nothing_happens_at_import(folders: tuple[str, ...], before: tuple[str, ...]) -> None:
    """No thread, process, socket, file, signal handler or log handler; no setting is read."""
    modules = [module_name(p) for p in sources(*folders) if p.stem != "__main__"]
    assert imported(modules, before)["deeds"] == []


@pytest.mark.processes
def test_a_module_that_does_something_at_import_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "hasty.py").write_text(
        "import os, socket, threading\n"
        "os.environ.get('JOBLOAD_HOST')\n"
        "socket.socket().close()\n"
        "open(os.devnull).close()\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    script = str(ROOT / "tests" / "watched_imports.py")
    command = [sys.executable, script, str(tmp_path), "", "hasty"]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60)
    deeds = "\n".join(json.loads(done.stdout)["deeds"])
    assert "hasty.py:2: read JOBLOAD_HOST" in deeds
    assert "hasty.py:3: socket.__new__" in deeds
    assert "hasty.py:4: open" in deeds
    assert "threads changed" in deeds
