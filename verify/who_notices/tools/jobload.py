from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

from verify.who_notices.claim import Claim
from verify.who_notices.job import ERRORS_PERCENT, P95_MS, REQUEST_TIMEOUT_S, Job
from verify.who_notices.tool import Tool


class Jobload(Tool):
    name = "jobload"
    version = version("jobload")
    model = "open"
    limits = "thresholds.yaml"
    with_workers = True

    def command(self, job: Job, folder: Path) -> list[str]:
        scenario = {
            "shape": "ramp",
            "users": job.users,
            "rate": job.rate,
            "ramp_up": "0s",
            "duration": f"{job.seconds}s",
            "timeout": f"{REQUEST_TIMEOUT_S}s",
            "payload_bytes": 1024,
        }
        checks = [
            {"metric": "p95", "expect": f"<= {P95_MS}ms"},
            {"metric": "error_rate", "expect": f"<= {ERRORS_PERCENT}%"},
            {"metric": "request_error_rate", "expect": f"<= {ERRORS_PERCENT}%"},
        ]
        plan = {"scenarios": {"jobs": scenario}}
        (folder / "scenarios.yaml").write_text(json.dumps(plan))
        (folder / "thresholds.yaml").write_text(json.dumps({"scenarios": {"jobs": checks}}))
        command = [str(Path(sys.executable).parent / "jobload"), "run", "--headless"]
        command += ["--scenario", "jobs", "--scenarios", "scenarios.yaml"]
        command += ["--thresholds", "thresholds.yaml", "--results", "results", "--host", job.host]
        return command + (["--processes", str(job.processes)] if job.processes > 1 else [])

    def claim(self, folder: Path, output: str) -> Claim:
        paths = sorted((folder / "results").glob("*/result.json"))
        if not paths:
            return Claim()
        result = json.loads(paths[-1].read_text())
        (stage,) = result["scenarios"][0]["stages"]
        p95_ms = stage["response_time_ms"]["p95"]
        return Claim(stage["attempts"], stage["failed"], p95_ms, result["status"])
