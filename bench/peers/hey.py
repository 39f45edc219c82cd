from __future__ import annotations

import re
from pathlib import Path

from bench.load import Load
from bench.peers.peer import Peer, Said, body_of, url_of

ANSWERS = re.compile(r"\[(\d+)\]\s+(\d+) responses")
SECONDS = re.compile(r"Total:\s+([\d.]+) secs")


class Hey(Peer):
    def command(self, load: Load, seconds: int, folder: Path) -> list[str]:
        body = folder / "body.json"
        body.write_text(body_of(load))
        options = ["-z", f"{seconds}s", "-c", str(load.users), "-cpus", "1", "-m", "POST"]
        sent = ["-T", "application/json", "-D", str(body)]
        return [self.program, *options, *sent, url_of(load)]

    def said(self, output: str, folder: Path) -> Said:
        answers = {status: int(count) for status, count in ANSWERS.findall(output)}
        (seconds,) = SECONDS.findall(output)
        good = answers.pop("201", 0)
        return Said(good, sum(answers.values()), float(seconds))
