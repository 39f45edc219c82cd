from __future__ import annotations

import csv
import sys
from importlib.metadata import version
from pathlib import Path

from verify.who_notices.claim import Claim
from verify.who_notices.job import BODY, ERRORS_PERCENT, P95_MS, REQUEST_TIMEOUT_S, Job
from verify.who_notices.tool import Tool

LOCUSTFILE = """import logging
from locust import FastHttpUser, constant_throughput, events, task

class Jobs(FastHttpUser):
    wait_time = constant_throughput({each})
    network_timeout = {timeout_s}

    @task
    def submit(self):
        self.client.post("{path}", data={body!r}, headers={{"Content-Type": "application/json"}})

@events.quitting.add_listener
def _(environment, **kw):
    total = environment.stats.total
    if total.fail_ratio > {errors}:
        environment.process_exit_code = 1
    elif total.get_response_time_percentile(0.95) > {p95_ms}:
        environment.process_exit_code = 1
    else:
        environment.process_exit_code = 0
"""


class Locust(Tool):
    name = "Locust"
    version = version("locust")
    model = "closed"
    limits = "a listener of `quitting`, as its documentation has it"
    with_workers = True

    def command(self, job: Job, folder: Path) -> list[str]:
        text = LOCUSTFILE.format(
            each=job.rate / job.users,
            timeout_s=REQUEST_TIMEOUT_S,
            path=job.path,
            body=BODY,
            errors=ERRORS_PERCENT / 100,
            p95_ms=P95_MS,
        )
        (folder / "locustfile.py").write_text(text)
        command = [str(Path(sys.executable).parent / "locust"), "--headless", "--only-summary"]
        command += ["-u", str(job.users), "-r", str(job.users), "-t", f"{job.seconds}s"]
        command += ["--host", job.host, "--csv", "locust"]
        return command + (["--processes", str(job.processes)] if job.processes > 1 else [])

    def claim(self, folder: Path, output: str) -> Claim:
        path = folder / "locust_stats.csv"
        rows = list(csv.DictReader(path.open())) if path.exists() else []
        for row in rows:
            if row["Name"] == "Aggregated":
                p95 = row["95%"]
                return Claim(
                    int(row["Request Count"]),
                    int(row["Failure Count"]),
                    None if p95 == "N/A" else float(p95),
                )
        return Claim()
