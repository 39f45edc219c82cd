from __future__ import annotations

import json
from pathlib import Path

from verify.who_notices.claim import Claim
from verify.who_notices.environment import from_python
from verify.who_notices.job import BODY, ERRORS_PERCENT, P95_MS, Job
from verify.who_notices.tool import Tool


class K9(Tool):
    name = "k9-load"
    version = "0.1.0"
    model = "open"
    limits = "`thresholds` of the plan"
    with_workers = True

    def command(self, job: Job, folder: Path) -> list[str]:
        arrivals = {
            "executor": "constant-arrival-rate",
            "rate": job.rate,
            "timeUnit": "1s",
            "duration": f"{job.seconds}s",
            "preAllocatedVUs": job.users,
            "maxVUs": job.most_users,
        }
        request = {
            "method": "POST",
            "url": job.url,
            "headers": {"Content-Type": "application/json"},
            "body": BODY,
        }
        limits = {
            "http_req_failed": [f"rate<{ERRORS_PERCENT / 100}"],
            "http_req_duration": [f"p(95)<{P95_MS}"],
        }
        plan = {
            "options": {"scenarios": {"jobs": arrivals}, "thresholds": limits},
            "flows": {"default": [{"request": request}]},
        }
        (folder / "plan.json").write_text(json.dumps(plan))
        command = [from_python("k9-load", self.version, "k9"), "run", "plan.json"]
        command += ["--summary-export", "summary.json"]
        return command + (["--workers", str(job.processes)] if job.processes > 1 else [])

    def claim(self, folder: Path, output: str) -> Claim:
        path = folder / "summary.json"
        if not path.exists():
            return Claim()
        metrics = json.loads(path.read_text())["metrics"]
        failed = metrics.get("http_req_failed", {})
        sent, bad = metrics.get("http_reqs", {}).get("count"), failed.get("passes")
        return Claim(
            None if sent is None else int(sent),
            None if bad is None else int(bad),
            metrics.get("http_req_duration", {}).get("p(95)"),
        )
