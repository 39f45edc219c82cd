from __future__ import annotations

import json
from pathlib import Path

from verify.who_notices.claim import Claim
from verify.who_notices.environment import from_node
from verify.who_notices.job import BODY, ERRORS_PERCENT, P95_MS, REQUEST_TIMEOUT_S, Job
from verify.who_notices.tool import Tool


class Artillery(Tool):
    name = "Artillery"
    version = "2.0.34"
    model = "open"
    limits = "its plugins `ensure` and `expect`"

    def command(self, job: Job, folder: Path) -> list[str]:
        limits = {
            "thresholds": [{"http.response_time.p95": P95_MS}],
            "maxErrorRate": ERRORS_PERCENT,
        }
        request = {"url": job.path, "json": json.loads(BODY), "expect": {"statusCode": 201}}
        written = {
            "config": {
                "target": job.host,
                "phases": [
                    {"duration": job.seconds, "arrivalRate": job.rate, "maxVusers": job.most_users}
                ],
                "http": {"timeout": REQUEST_TIMEOUT_S},
                "plugins": {"ensure": {}, "expect": {"reportFailuresAsErrors": True}},
                "ensure": limits,
            },
            "scenarios": [{"flow": [{"post": request}]}],
        }
        (folder / "artillery.json").write_text(json.dumps(written))
        program = from_node("artillery", self.version)
        return [program, "run", "--quiet", "--output", "report.json", "artillery.json"]

    def claim(self, folder: Path, output: str) -> Claim:
        path = folder / "report.json"
        if not path.exists():
            return Claim()
        whole = json.loads(path.read_text())["aggregate"]
        counts = whole["counters"]
        sent = counts.get("http.requests", 0)
        good = sum(count for name, count in counts.items() if name.startswith("http.codes.2"))
        times = whole["summaries"].get("http.response_time", {})
        return Claim(sent, sent - good, times.get("p95"))
