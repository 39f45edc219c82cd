from __future__ import annotations

import json
from pathlib import Path

from verify.who_notices.claim import Claim
from verify.who_notices.environment import from_python
from verify.who_notices.job import BODY, ERRORS_PERCENT, P95_MS, REQUEST_TIMEOUT_S, Job
from verify.who_notices.tool import Tool


class Pywrkr(Tool):
    name = "pywrkr"
    version = "1.6.0"
    model = "closed, at a rate"
    limits = "`--threshold`"

    def command(self, job: Job, folder: Path) -> list[str]:
        command = [from_python("pywrkr", self.version, "pywrkr"), job.url, "-m", "POST"]
        command += ["-H", "Content-Type: application/json", "-b", BODY]
        command += ["-c", str(job.users), "--rate", str(job.rate), "-d", str(job.seconds)]
        command += ["--timeout", str(REQUEST_TIMEOUT_S), "--json", "out.json"]
        command += ["--threshold", f"p95 < {P95_MS}ms"]
        return [*command, "--threshold", f"error_rate < {ERRORS_PERCENT}%"]

    def claim(self, folder: Path, output: str) -> Claim:
        path = folder / "out.json"
        if not path.exists():
            return Claim()
        said = json.loads(path.read_text())
        p95 = said.get("percentiles", {}).get("p95")
        return Claim(
            said.get("total_requests"), said.get("total_errors"), p95 and round(p95 * 1e3, 1)
        )
