"""`make example`: the run that the pages and the README show, made anew.

The scenario light, against a target that is slow now and then. Where the machine did not leave it
alone, so that the picture would be one of the machine, nothing is written.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from jobload.judge.exit_code import FAILED
from jobload.report.result.model import Result
from jobload.report.terminal.console_summary import render

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
PICTURE = re.compile(r"(?s)(?<=```text\n).*?(?=```\n)")
JOBLOAD = Path(sys.executable).with_name("jobload")
SLOW_NOW_AND_THEN = {"latency": {"quantiles": [[0.97, 18], [1, 160]]}}


def main() -> None:
    with TemporaryDirectory() as results:
        own = {n: v for n, v in os.environ.items() if not n.startswith(("LOCUST_", "JOBLOAD_"))}
        done = subprocess.run(
            [JOBLOAD, "run", "--scenario", "light", "--results", results],
            cwd=HERE.parent,
            env=own | {"JOBLOAD_TARGET_BEHAVIOUR": json.dumps(SLOW_NOW_AND_THEN)},
            check=False,
        )
        if done.returncode != FAILED:
            sys.exit(f"It came to exit code {done.returncode}, not to FAIL; nothing is written.")
        text = (Path(results) / "latest/result.json").read_text()
    result = Result.model_validate_json(text)
    if disturbed := [check.id for check in result.validity if check.status != "PASS"]:
        sys.exit(f"The machine disturbed it ({', '.join(disturbed)}); nothing is written.")
    (HERE / "example_run/result.json").write_text(text)
    picture = render(result).strip()
    README.write_text(PICTURE.sub(lambda _: f"{picture}\n", README.read_text(), count=1))


if __name__ == "__main__":
    main()
