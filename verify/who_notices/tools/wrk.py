from __future__ import annotations

import re
from pathlib import Path

from verify.who_notices.claim import Claim
from verify.who_notices.environment import from_system
from verify.who_notices.job import BODY, REQUEST_TIMEOUT_S, Job
from verify.who_notices.tool import Tool

SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{body}]==]
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("\\nsaid %d %d %.1f\\n", summary.requests,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(95) / 1000))
end
"""


class Wrk(Tool):
    name = "wrk"
    version = "of Debian"
    model = "closed, as fast as it can"

    def command(self, job: Job, folder: Path) -> list[str]:
        (folder / "post.lua").write_text(SCRIPT.format(body=BODY))
        command = [from_system("wrk"), "-t1", f"-c{job.users}", f"-d{job.seconds}s"]
        return [*command, "--timeout", f"{REQUEST_TIMEOUT_S}s", "-s", "post.lua", job.url]

    def claim(self, folder: Path, output: str) -> Claim:
        said = re.search(r"^said (\d+) (\d+) ([\d.]+)$", output, re.MULTILINE)
        return Claim(int(said[1]), int(said[2]), float(said[3])) if said else Claim()
