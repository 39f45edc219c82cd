from __future__ import annotations

import re
from pathlib import Path

from verify.who_notices.claim import Claim
from verify.who_notices.environment import from_system
from verify.who_notices.job import BODY, REQUEST_TIMEOUT_S, Job
from verify.who_notices.tool import Tool


class Hey(Tool):
    name = "hey"
    version = "of Debian"
    model = "closed, at a rate"
    on_libc = False

    def command(self, job: Job, folder: Path) -> list[str]:
        (folder / "body.json").write_text(BODY)
        command = [from_system("hey"), "-z", f"{job.seconds}s", "-c", str(job.users)]
        command += ["-q", str(job.rate / job.users), "-t", str(REQUEST_TIMEOUT_S)]
        return [*command, "-m", "POST", "-T", "application/json", "-D", "body.json", job.url]

    def claim(self, folder: Path, output: str) -> Claim:
        codes = {int(c): int(n) for c, n in re.findall(r"\[(\d{3})\]\s+(\d+) responses", output)}
        _, _, errors = output.partition("Error distribution:")
        lost = sum(int(n) for n in re.findall(r"^\s+\[(\d+)\]\s", errors, re.MULTILINE))
        p95 = re.search(r"95%+ in ([\d.]+) secs", output)
        sent = sum(codes.values()) + lost
        if not sent:
            return Claim()
        bad = sent - sum(n for code, n in codes.items() if code < 400)
        return Claim(sent, bad, p95 and round(float(p95[1]) * 1e3, 1))
