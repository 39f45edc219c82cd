from __future__ import annotations

import json
from pathlib import Path

from verify.who_notices.claim import Claim
from verify.who_notices.environment import from_node
from verify.who_notices.job import BODY, REQUEST_TIMEOUT_S, Job
from verify.who_notices.tool import Tool


class Autocannon(Tool):
    name = "autocannon"
    version = "9.0.0"
    model = "closed, at a rate"

    def command(self, job: Job, folder: Path) -> list[str]:
        command = [from_node("autocannon", self.version), "--json", "--no-progress"]
        command += ["-c", str(job.users), "-R", str(job.rate), "-d", str(job.seconds)]
        command += ["-t", str(REQUEST_TIMEOUT_S), "-m", "POST", "-b", BODY]
        return [*command, "-H", "content-type=application/json", job.url]

    def claim(self, folder: Path, output: str) -> Claim:
        try:
            said = json.loads(output[output.index("{") : output.rindex("}") + 1])
        except ValueError:
            return Claim()
        bad = said["errors"] + said["non2xx"]
        sent = said["requests"]["total"] + said["errors"]
        return Claim(sent, bad, said["latency"].get("p97_5"), "(its p97.5)")
