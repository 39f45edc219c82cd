"""A load test of somebody's own locustfile, as `jobload run -f` makes it."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from e2e.load_test import JOBLOAD, run_locust
from e2e.outcome import Outcome

ANYBODY = Path(__file__).parent / "locustfiles" / "anybody"


def run_file(folder: Path, name: str, *options: str, **settings: Any) -> Outcome:
    """Nothing is changed in it, not even to name jobload; it lies in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    file = Path(shutil.copy(ANYBODY / name, folder))
    return run_locust(folder, *options, locustfile=file, program=[str(JOBLOAD), "run"], **settings)


def requests_by_name(outcome: Outcome) -> Counter[str]:
    """Of all stages; what ended, well or not."""
    return _counted(outcome, "endpoints")


def operations_by_name(outcome: Outcome) -> Counter[str]:
    return _counted(outcome, "flows")


def _counted(outcome: Outcome, kind: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for stage in outcome.stages:
        for part in stage[kind]:
            counts[part["name"]] += part["succeeded"] + part["failed"]
    return +counts
