"""A comparison of runs as Markdown, for a comment on a pull request or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from jobload.compare.comparison import Change, Comparison
from jobload.compare.comparison_text import (
    change_figures,
    conclusion,
    rule_and_cautions,
    runs_text,
)
from jobload.report.text.markdown_text import escaped, table

SIGNS = {"regression": "🔺", "improvement": "🔽", "unclear": "❔"}
MOST_BARS = 12
_OTHER_THAN_NAMES = re.compile(r"[^A-Za-z0-9 ._/-]+")


def comparison_markdown(comparison: Comparison) -> str:
    return "\n".join(_lines(comparison)) + "\n"


def not_compared_markdown(reasons: Sequence[str]) -> str:
    lines = ["### ❔ jobload: not compared", "", *(f"- {escaped(reason)}" for reason in reasons)]
    return "\n".join(lines) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    word, _, rest = conclusion(comparison)
    sign = "❌" if comparison.regressions else "✅" if comparison.says_something else "❔"
    yield f"### {sign} jobload: {escaped(word.lower() + rest)}"
    yield ""
    yield f"Base, {escaped(runs_text(comparison.base))}  "
    yield f"New, {escaped(runs_text(comparison.new))}"
    yield ""
    yield from table(
        ("", "", "base", "new", "ratio", "interval", ""),
        [_row(change) for change in comparison.changes],
    )
    yield from _chart(comparison.changes)
    yield ""
    for note in rule_and_cautions(comparison):
        yield f"<sub>{escaped(note)}</sub>  "


def _row(change: Change) -> list[str]:
    finding = f"{SIGNS.get(change.finding, '')} {change.finding}".strip()
    return [escaped(str(change.place)), change.metric, *change_figures(change), finding]


def _chart(changes: Sequence[Change]) -> Iterator[str]:
    """Drawn by GitHub and GitLab themselves; 100 is the base. What has changed comes first."""
    changed_first = sorted(changes, key=lambda change: change.finding == "no change")
    known = [(change, change.ratio) for change in changed_first if change.ratio is not None]
    shown = [(_name(change), round(100 * ratio, 1)) for change, ratio in known[:MOST_BARS]]
    if not shown:
        return
    names = ", ".join(f'"{name}"' for name, _ in shown)
    yield from ("", "```mermaid", "xychart-beta")
    yield '    title "new, in percent of the base"'
    yield f"    x-axis [{names}]"
    yield f"    y-axis 0 --> {max(120.0, *(percent for _, percent in shown)):g}"
    yield f"    bar [{', '.join(f'{percent:g}' for _, percent in shown)}]"
    yield f"    line [{', '.join('100' for _ in shown)}]"
    yield "```"


def _name(change: Change) -> str:
    """With nothing that would be a part of the chart's own language."""
    return _OTHER_THAN_NAMES.sub("-", f"{change.place} {change.metric}")
