"""`jobload run` as anybody has it, with verdict and reports; compiled where that is there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bench.child import ROOT, bound_to
from bench.compiled import environ_of_runs
from bench.load import PATH
from bench.start_up import JOBLOAD

RAMP_S = 2


def whole_run(
    folder: Path,
    url: str,
    users: int,
    rate: float | None,
    hold_s: int,
    cores: Iterable[int],
    options: Sequence[str] = (),
) -> Any:
    """Its result.json."""
    plan, results = folder / "scenarios.yaml", mkdtemp(dir=folder)
    plan.write_text(json.dumps(held_plan(users, rate, hold_s)))  # YAML is JSON, too
    given = ["--host", url, "--scenarios", str(plan), "--scenario", "held", "--results", results]
    said = subprocess.run(
        [JOBLOAD, "run", *given, *options], cwd=ROOT, env=environ_of_runs(), check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=bound_to(*cores),
    ).stdout  # fmt: skip
    if not (written := [*Path(results).glob("[0-9]*/result.json")]):
        sys.exit(f"a run has no result:\n{said}")
    return json.loads(written[0].read_text())


def held_plan(users: int, rate: float | None, hold_s: int) -> dict[str, Any]:
    load = {"users": users} | ({} if rate is None else {"rate": round(rate)})
    held = {
        "shape": "staged",
        "endpoint": PATH,
        "payload_bytes": 1024,
        "expect": {"status": [201]},
        "stages": [
            {"name": "ramp", "duration": f"{RAMP_S}s", "judged": False, **load},
            {"name": "hold", "duration": f"{hold_s}s", **load},
        ],
    }
    return {"scenarios": {"held": held}}
