from __future__ import annotations

import re
from pathlib import Path

from bench.load import Load
from bench.peers.peer import Peer, Said, url_of

SCRIPT = """import http from "k6/http";
const data = "x".repeat({payload_bytes});
export const options = {{vus: {users}, duration: "{seconds}s"}};
export default function () {{
  const job = {{job_name: `load-test-job-${{__VU}}-${{__ITER}}`,
    args: {{model: "test-model", data, worker_id: __VU}}, priority: __VU % 3}};
  const headers = {{"Content-Type": "application/json"}};
  http.post("{url}", JSON.stringify(job), {{headers}});
}}
"""
SENT = re.compile(r"http_reqs\.*:\s+(\d+)\s+([\d.]+)/s")


class K6(Peer):
    def command(self, load: Load, seconds: int, folder: Path) -> list[str]:
        script = folder / "post.js"
        size = {"payload_bytes": load.payload_bytes, "users": load.users, "seconds": seconds}
        script.write_text(SCRIPT.format(**size, url=url_of(load)))
        return [self.program, "run", "--quiet", "--no-usage-report", str(script)]

    def said(self, output: str, folder: Path) -> Said:
        ((requests, per_s),) = SENT.findall(output)
        return Said(int(requests), 0, int(requests) / float(per_s))
