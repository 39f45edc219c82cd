"""What the pages take from the code itself, so that it can't go out of date.

A page says `<!-- generated: NAME -->` where the text of that name shall stand.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from fields import fields_of

from jobload.compare.history.run_series import series_of
from jobload.compare.history.series_text import print_series
from jobload.judge.thresholds.threshold_schema import thresholds_schema
from jobload.live.metrics.definition import METRICS
from jobload.plan.scenario_schema import scenarios_schema
from jobload.report.files.history import read_history
from jobload.report.files.html_page import report_html
from jobload.report.files.markdown import summary_markdown
from jobload.report.result.model import Result
from jobload.report.terminal.console_summary import render

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
MARK = re.compile(r"<!-- generated: (.*?) -->")
LINK = re.compile(r"\]\(([\w./-]+)(#[\w-]+)?\)")
EXAMPLE_REPORT = "example-report.html"
OF_THE_PROJECT = {
    "ARCHITECTURE.md": "architecture.md",
    "BENCHMARKS.md": "benchmarks.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "GLOSSARY.md": "words.md",
    "SECURITY.md": "security.md",
}
"""Files at the top of the repository, each with its page in docs/project."""


def fill_in(_: Sphinx, page: str, source: list[str]) -> None:
    source[0] = MARK.sub(lambda mark: _text(page, mark[1]), source[0])


def write_example_report(app: Sphinx, failure: Exception | None) -> None:
    if failure is None:
        (Path(app.outdir) / EXAMPLE_REPORT).write_text(report_html(example_result()))


def example_result() -> Result:
    return Result.model_validate_json((HERE / "example_run/result.json").read_text())


def _history() -> str:
    text = StringIO()
    print_series(series_of(read_history(HERE / "example_run")[0]), text)
    return _block(text.getvalue())


def _text(page: str, name: str) -> str:
    if name not in TEXTS:
        from sphinx.errors import ExtensionError  # tests ask for texts alone

        raise ExtensionError(f"{page}: nothing is generated as {name!r}; there is {[*TEXTS]}")
    return TEXTS[name]()


def _of_the_project(name: str) -> str:
    """As a page in docs/project, with links that lead where they do in the repository."""

    def moved(link: re.Match[str]) -> str:
        file, anchor = link[1], link[2] or ""
        return f"]({OF_THE_PROJECT.get(file, f'../../{file}')}{anchor})"

    return LINK.sub(moved, (HERE.parent / name).read_text())


def _help(*command: str) -> str:
    """What `jobload COMMAND --help` prints."""
    program = "import sys; from jobload.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", program, *command, "--help"],
        cwd=HERE.parent,
        env={"COLUMNS": "90", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return _block(done.stdout)


def _block(text: str) -> str:
    return f"```text\n{text.strip()}\n```"


def metrics_table() -> str:
    """Each metric as a scraper finds it."""
    rows = ["| metric | type | unit | labels | meaning |", "|---|---|---|---|---|"]
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
        cells = (f"`{metric.name}`", metric.kind, metric.unit or "–", labels, metric.text)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _lower(markdown: str) -> str:
    """With its headings one level further down."""
    return re.sub(r"(?m)^#", "##", markdown)


TEXTS: dict[str, Callable[[], str]] = {
    "fields of scenarios.yaml": lambda: fields_of(scenarios_schema()),
    "fields of thresholds.yaml": lambda: fields_of(thresholds_schema()),
    "metrics": metrics_table,
    "console of the example run": lambda: _block(render(example_result())),
    "history of the example runs": _history,
    "summary of the example run": lambda: _lower(summary_markdown(example_result())),
    **{name: partial(_of_the_project, name) for name in OF_THE_PROJECT},
    **{
        f"help of {command}": partial(_help, command)
        for command in ("run", "validate", "init", "try", "compare", "history", "target")
    },
}
