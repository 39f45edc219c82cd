from __future__ import annotations

import csv
import json
import os
from pathlib import Path

from verify.who_notices.claim import Claim
from verify.who_notices.environment import from_python
from verify.who_notices.job import BODY, ERRORS_PERCENT, P95_MS, Job
from verify.who_notices.tool import Tool


class Locomotive(Tool):
    name = "locomotive"
    version = "0.3.1"
    model = "closed"
    limits = "`gate` of its configuration"
    with_workers = True

    def command(self, job: Job, folder: Path) -> list[str]:
        pause = {"min": job.pause_s, "max": job.pause_s}
        request = {
            "name": "submit",
            "method": "POST",
            "path": job.path,
            "json": json.loads(BODY),
        }
        load = {
            "host": job.host,
            "users": job.users,
            "spawn_rate": job.users,
            "run_time": f"{job.seconds}s",
        }
        if job.processes > 1:
            load["processes"] = job.processes
        limits = {"p95_ms": {"fail": P95_MS}, "error_rate": {"fail": ERRORS_PERCENT}}
        written = {
            "load": load,
            "scenario": {"think_time": pause, "requests": [request]},
            "analysis": {"gate": {"thresholds": limits}},
        }
        (folder / "loconfig.json").write_text(json.dumps(written))
        return [from_python("locomotive", self.version, "loco"), "--config", "loconfig.json", "ci"]

    def claim(self, folder: Path, output: str) -> Claim:
        for path in sorted(folder.rglob("*_stats.csv"), key=os.path.getmtime, reverse=True):
            for row in csv.DictReader(path.open()):
                if row.get("Name") == "Aggregated":
                    p95 = row["95%"]
                    return Claim(
                        int(row["Request Count"]),
                        int(row["Failure Count"]),
                        None if p95 == "N/A" else float(p95),
                    )
        return Claim()
