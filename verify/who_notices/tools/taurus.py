from __future__ import annotations

import csv
import json
from pathlib import Path

from verify.who_notices.claim import Claim
from verify.who_notices.environment import from_python
from verify.who_notices.job import BODY, ERRORS_PERCENT, P95_MS, REQUEST_TIMEOUT_S, Job
from verify.who_notices.tool import Tool


class Taurus(Tool):
    """With its own Python executor, so that nothing else has to be installed."""

    name = "Taurus"
    version = "1.17.2"
    model = "closed"
    limits = "its module `passfail`"

    def command(self, job: Job, folder: Path) -> list[str]:
        request = {
            "url": job.url,
            "method": "POST",
            "headers": {"Content-Type": "application/json"},
            "body": json.loads(BODY),
            "assert": [{"subject": "http-code", "contains": ["201"], "regexp": False}],
        }
        scenario = {
            "requests": [request],
            "think-time": f"{job.pause_s}s",
            "timeout": f"{REQUEST_TIMEOUT_S}s",
        }
        run = {
            "executor": "apiritif",
            "concurrency": job.users,
            "hold-for": f"{job.seconds}s",
            "scenario": "jobs",
        }
        limits = [
            f"p95>{P95_MS}ms, continue as failed",
            f"fail>{ERRORS_PERCENT}%, continue as failed",
        ]
        written = {
            "execution": [run],
            "scenarios": {"jobs": scenario},
            "reporting": [
                {"module": "passfail", "criteria": limits},
                {"module": "final-stats", "dump-csv": str(folder / "final.csv")},
            ],
            "settings": {"check-updates": False, "artifacts-dir": str(folder / "artifacts")},
            "modules": {"console": {"disable": True}},
        }
        (folder / "taurus.json").write_text(json.dumps(written))
        return [from_python("bzt", self.version, "bzt"), "taurus.json"]

    def claim(self, folder: Path, output: str) -> Claim:
        path = folder / "final.csv"
        if not path.exists() or not path.stat().st_size:
            return Claim()
        whole = next((row for row in csv.DictReader(path.open()) if not row["label"]), None)
        if whole is None:
            return Claim()
        good, bad = int(whole["succ"]), int(whole["fail"])
        return Claim(good + bad, bad, round(float(whole["perc_95.0"]) * 1e3, 1))
