from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from bench import flow
from bench.load import Load
from bench.peers.peer import Peer, Said, body_of

SCRIPT = Path(__file__).with_suffix(".js")


class Autocannon(Peer):
    """By its API, which alone takes the requests of a flow. `program` is in its `.bin`."""

    def command(self, load: Load, seconds: int, folder: Path) -> list[str]:
        more = {"seconds": seconds, "rows": flow.ROWS, "data": "x" * load.payload_bytes}
        told = json.dumps(asdict(load) | more | {"body": body_of(load)})
        package = Path(self.program).parent.parent / "autocannon"
        return ["node", str(SCRIPT), str(package), told]

    def said(self, output: str, folder: Path) -> Said:
        return Said(**json.loads(output.splitlines()[-1]))
