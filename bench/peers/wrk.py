from __future__ import annotations

import re
from pathlib import Path

from bench.load import Load
from bench.peers.peer import Peer, Said, body_of, url_of

SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{body}]==]
"""
SENT = re.compile(r"(\d+) requests in ([\d.]+)s")
FAILED = re.compile(r"Non-2xx or 3xx responses: (\d+)")


class Wrk(Peer):
    def __init__(self, program: str, threads: int = 1) -> None:
        super().__init__(program)
        self.threads = threads

    def command(self, load: Load, seconds: int, folder: Path) -> list[str]:
        script = folder / "post.lua"
        script.write_text(SCRIPT.format(body=body_of(load)))
        size = [f"-t{self.threads}", f"-c{load.users}", f"-d{seconds}s"]
        return [self.program, *size, "-s", str(script), url_of(load)]

    def said(self, output: str, folder: Path) -> Said:
        ((requests, seconds),) = SENT.findall(output)
        return Said(int(requests), sum(map(int, FAILED.findall(output))), float(seconds))
