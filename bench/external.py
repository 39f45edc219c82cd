"""Load generators that have nothing to do with Python, where they are installed."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter

from bench.child import bound_to, child, line_of
from bench.k9 import k9_command, write_plan
from bench.load import Load, Outcome
from bench.server import BUILD, HERE

WRK_SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{body}]==]
"""
K6_SCRIPT = """import http from "k6/http";
const data = "x".repeat({payload_bytes});
export const options = {{vus: {users}, duration: "{seconds}s"}};
export default function () {{
  const job = {{job_name: `load-test-job-${{__VU}}-${{__ITER}}`,
    args: {{model: "test-model", data, worker_id: __VU}}, priority: __VU % 3}};
  const headers = {{"Content-Type": "application/json"}};
  http.post("{url}{path}", JSON.stringify(job), {{headers}});
}}
"""
Run = Callable[[Load], Outcome]


def wrk(load: Load, core: int, folder: Path) -> Outcome:
    script = folder / "post.lua"
    script.write_text(WRK_SCRIPT.format(body=_body(load)))
    return _measured(
        ["wrk", "-t1", f"-c{load.users}", f"-d{_whole_s(load)}s", "-s", str(script), _url(load)],
        core,
        r"(\d+) requests in",
    )


def hey(load: Load, core: int, folder: Path) -> Outcome:
    body = folder / "body.json"
    body.write_text(_body(load))
    options = ["-z", f"{_whole_s(load)}s", "-c", str(load.users), "-cpus", "1", "-m", "POST"]
    sent = ["-T", "application/json", "-D", str(body)]
    return _measured(["hey", *options, *sent, _url(load)], core, r"\[201\]\s+(\d+) responses")


def k6(load: Load, core: int, folder: Path) -> Outcome:
    script = folder / "post.js"
    script.write_text(
        K6_SCRIPT.format(
            payload_bytes=load.payload_bytes,
            users=load.users,
            seconds=_whole_s(load),
            url=load.url,
            path=load.path,
        )
    )
    command = ["k6", "run", "--quiet", "--no-usage-report", str(script)]
    return _measured(command, core, r"http_reqs\.*:\s+(\d+)")


def k9(load: Load, core: int, folder: Path, command: str) -> Outcome:
    plan = write_plan(load, _whole_s(load), folder)
    return _measured([command, "run", str(plan)], core, r"http_reqs\.*:\s+(\d+)")


def installed() -> dict[str, Callable[..., Outcome]]:
    return {tool.__name__: tool for tool in (wrk, hey, k6) if shutil.which(tool.__name__)}


@contextmanager
def external(core: int) -> Iterator[dict[str, Run]]:
    with tempfile.TemporaryDirectory(prefix="jobload-bench-") as folder:
        found: dict[str, Run] = {
            name: partial(run, core=core, folder=Path(folder)) for name, run in installed().items()
        }
        if (command := k9_command()) is not None:
            found["k9"] = partial(k9, core=core, folder=Path(folder), command=command)
        yield found


def go_reference() -> str | None:
    """The path of the compiled reference algorithm; None where there is no Go toolchain."""
    go = os.environ.get("JOBLOAD_BENCH_GO") or shutil.which("go")
    if go is None:
        return None
    BUILD.mkdir(exist_ok=True)
    binary = BUILD / "reference"
    environ = {
        **os.environ,
        "GOCACHE": str(BUILD / "go-cache"),
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    built = subprocess.run(
        [go, "build", "-o", str(binary), "."], cwd=HERE / "go", env=environ, check=False
    )
    return str(binary) if built.returncode == 0 else None


@contextmanager
def spoken_to(command: Sequence[str], core: int) -> Iterator[Run]:
    """A generator that takes loads on its input: ours, Locust's, and the reference."""
    with child(command, core) as process:
        line_of(process)
        assert process.stdin is not None
        stdin = process.stdin

        def run(load: Load) -> Outcome:
            stdin.write(load.line() + "\n")
            stdin.flush()
            return Outcome.of_line(line_of(process))

        yield run


def _measured(command: Sequence[str], core: int, operations: str) -> Outcome:
    """The whole process: these have next to no start-up."""
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(
        list(command), capture_output=True, text=True, check=False, preexec_fn=bound_to(core)
    )
    wall_s, after = perf_counter() - began_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(operations, done.stdout)
    if found is None:
        sys.exit(f"{command[0]} did not say what it did: {done.stdout[-500:]}{done.stderr[-500:]}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Outcome(int(found[1]), 0, wall_s, cpu_s)


def _whole_s(load: Load) -> int:
    return max(1, round(load.warm_up_s + load.seconds))


def _url(load: Load) -> str:
    return f"{load.url}{load.path}"


def _body(load: Load) -> str:
    arguments = {"model": "test-model", "data": "x" * load.payload_bytes, "worker_id": 1}
    return json.dumps({"job_name": "load-test-job-1", "args": arguments, "priority": 1})
