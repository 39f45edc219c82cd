"""docs/who-notices.md, from what was measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from verify.who_notices.cell import Cell, is_right, verdict
from verify.who_notices.fault import FAULTS
from verify.who_notices.job import ERRORS_PERCENT, P95_MS, Job
from verify.who_notices.tools.catalogue import TOOLS

Cells = Mapping[tuple[str, str], Cell]
OURS = "jobload"
INTRODUCTION = """# Who notices?

You get to know what a load test says when something goes wrong: at the target, or in the tool
itself. Ten tools do the same job against a server that counts for itself, with {count} faults
planted one at a time.
The job is {rate} requests a second for {seconds} s, POST with a body of 1 KiB, by {users} users or
connections; its limits are a p95 of {p95_ms} ms and {errors} % of errors, said in each tool's own
way. A tool without limits ends with 0 whatever happens; its figures can still be right.

Made by `python -m verify.who_notices` (half an hour; `--tool` and `--fault` make one cell), not
written by hand. **Bold** is as it should be:

- *right*: an undisturbed target passes, or at least is not blamed.
- *noticed*: the exit code is not 0. For a target's fault *undecided* is a tool's own "can't say".
- *missed*: exit code 0.
- *blames the target*: fails it for what was the tool's own pause. *wrong figures*: passes, with a
  p95 that was never the target's.
- *hung*: it had not ended a minute after its time, and was killed.
"""


def page(cells: Cells) -> str:
    job = Job("http://127.0.0.1:8000/api/v1/jobs")
    head = INTRODUCTION.format(
        count=len(FAULTS) - 1,
        rate=job.rate,
        seconds=job.seconds,
        users=job.users,
        p95_ms=P95_MS,
        errors=ERRORS_PERCENT,
    )
    parts = [head, *_table(cells), "", *_where_others_are_better(cells), "## The faults", ""]
    for name in FAULTS:
        parts += _fault(name, cells)
    parts += ["## The commands", ""]
    for name in TOOLS:
        parts += _tool(name, cells)
    return "\n".join(parts).rstrip() + "\n"


def _table(cells: Cells) -> Iterator[str]:
    yield "| | " + " | ".join(TOOLS) + " |"
    yield "|---" * (len(TOOLS) + 1) + "|"
    for fault in FAULTS:
        words = (_word(cells.get((tool, fault))) for tool in TOOLS)
        yield f"| [{fault}](#{fault}) | " + " | ".join(words) + " |"


def _where_others_are_better(cells: Cells) -> Iterator[str]:
    yield from ("## Where others are better", "")
    found = [line for fault in FAULTS if (line := _better(fault, cells))]
    yield from found or [
        f"Nowhere, by what they say and by their exit codes: {OURS} is right in each."
    ]
    yield ""


def _better(fault: str, cells: Cells) -> str | None:
    """Who is right where we are not, or passes a sound target of which we can't say anything."""
    ours = cells.get((OURS, fault))
    if ours is None or ours.missing:
        return None
    is_wrong = not _is_right(ours)
    can_tell = ours.exit == 0 or FAULTS[fault].owner != "generator"
    if can_tell and not is_wrong:
        return None
    better = [
        f"{cell.tool} (p95 {cell.claim.p95_ms:,.0f} ms)"
        for cell in (cells.get((tool, fault)) for tool in TOOLS)
        if cell is not None and cell.claim.p95_ms is not None
        if cell.tool != OURS and _is_right(cell) and (is_wrong or cell.exit == 0)
    ]
    says = "is wrong" if is_wrong else "says it can't tell"
    return (
        f"- [{fault}](#{fault}): {OURS} {says}; right are {', '.join(better)}." if better else None
    )


def _is_right(cell: Cell) -> bool:
    return is_right(verdict(cell, FAULTS[cell.fault]))


def _word(cell: Cell | None) -> str:
    if cell is None:
        return ""
    word = verdict(cell, FAULTS[cell.fault])
    return f"**{word}**" if is_right(word) else word


def _fault(name: str, cells: Cells) -> Iterator[str]:
    yield from (f"### {name}", "", FAULTS[name].story, "")
    yield "| | exit code | says | counted by the server |"
    yield "|---|--:|---|---|"
    for tool in TOOLS:
        if (cell := cells.get((tool, name))) is not None:
            yield _row(cell)
    yield ""


def _row(cell: Cell) -> str:
    if cell.missing:
        return f"| {cell.tool} | | not tried: {cell.missing} | |"
    claim = cell.claim
    said = [claim.words] if claim.words.isupper() else []
    said += [f"{claim.requests:,} requests"] if claim.requests is not None else ["nothing readable"]
    said += [f"{claim.errors:,} failed"] if claim.errors is not None else []
    of = "p97.5" if "p97.5" in claim.words else "p95"
    said += [f"{of} {claim.p95_ms:,.0f} ms"] if claim.p95_ms is not None else []
    ended = "killed" if cell.exit is None else cell.exit
    true = f"{cell.counted:,}, of them {cell.failed:,} failed or unanswered"
    return f"| {cell.tool} | {ended} | {', '.join(said)} | {true} |"


def _tool(name: str, cells: Cells) -> Iterator[str]:
    tool, cell = TOOLS[name], cells.get((name, "nothing"))
    yield from (f"### {name} {tool.version}", "")
    yield f"Model: {tool.model}. Limits: {tool.limits or 'it has none'}."
    yield ""
    if cell is None or cell.missing:
        yield from (f"Not tried: {cell.missing if cell else 'yet'}.", "")
        return
    yield from ("```text", _readable(cell.command), "```", "")
    for file, text in cell.files:
        yield from (f"`{file}`:", "", "```text", _readable(text), "```", "")


def _readable(text: str) -> str:
    """The length of a body and the name of a folder tell nobody anything."""
    return re.sub(r"/\w+/who-notices-\w+", "FOLDER", re.sub("x{900,}", "x...", text.rstrip()))
