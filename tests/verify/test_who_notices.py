"""What the page "Who notices?" says of a tool."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from verify.who_notices.__main__ import PAGE, RESULTS, kept
from verify.who_notices.cell import Cell, is_right, verdict
from verify.who_notices.claim import Claim
from verify.who_notices.fault import FAULTS
from verify.who_notices.page import page
from verify.who_notices.tools.catalogue import TOOLS

ROOT = Path(__file__).parents[2]

INVALID, GOOD = Claim(words="INVALID", p95_ms=1400.0), Claim(p95_ms=13.0)


@pytest.mark.parametrize(
    ("fault", "exit_code", "claim", "word"),
    [
        ("nothing", 0, Claim(), "right"),
        ("nothing", 1, Claim(), "false alarm"),
        ("clock", 3, Claim(words="INVALID"), "false alarm"),
        ("errors", 1, Claim(words="FAIL"), "noticed"),
        ("errors", 0, Claim(), "missed"),
        ("late", 3, Claim(words="INVALID"), "undecided"),
        ("late", None, Claim(), "hung"),
        ("worker-lost", 3, Claim(words="INVALID"), "noticed"),
        ("worker-lost", 0, Claim(), "missed"),
        ("paused", 0, Claim(p95_ms=900.0), "right"),
        ("paused", 0, Claim(p95_ms=1400.0), "wrong figures"),
        ("paused", 3, Claim(words="INVALID", p95_ms=1400.0), "right"),
        ("paused", 1, Claim(p95_ms=1400.0), "blames the target"),
    ],
)
def test_how_a_tool_ended_is_one_word(
    fault: str, exit_code: int | None, claim: Claim, word: str
) -> None:
    cell = Cell("any", fault, exit=exit_code, claim=claim)
    assert verdict(cell, FAULTS[fault]) == word


def test_the_page_is_what_was_measured() -> None:
    """`python -m verify.who_notices` writes both."""
    cells = kept()
    assert {tool for tool, _ in cells} == set(TOOLS)
    assert {fault for _, fault in cells} == set(FAULTS)
    assert PAGE.read_text() == page(cells), f"{PAGE} is not made of {RESULTS}"


@pytest.mark.parametrize(
    ("fault", "ours", "theirs", "says"),
    [
        (
            "paused",
            Cell("jobload", "paused", exit=3, claim=INVALID),
            0,
            "says it can't tell; right",
        ),
        ("paused", Cell("jobload", "paused", exit=3, claim=INVALID), 1, None),
        ("paused", Cell("jobload", "paused", exit=0, claim=GOOD), 0, None),
        ("frozen", Cell("jobload", "frozen", exit=0, claim=GOOD), 1, "is wrong; right"),
        ("frozen", Cell("jobload", "frozen", exit=0, claim=GOOD), 0, None),
        ("frozen", Cell("jobload", "frozen", exit=1, claim=GOOD), 1, None),
    ],
)
def test_the_page_says_where_another_is_better(
    fault: str, ours: Cell, theirs: int, says: str | None
) -> None:
    other = Cell("k9-load", fault, exit=theirs, claim=GOOD)
    made = page({("jobload", fault): ours, ("k9-load", fault): other})
    better = f"- [{fault}](#{fault}): jobload {says} are k9-load (p95 13 ms)."
    assert (better in made) == (says is not None)
    assert ("Nowhere," in made) == (says is None)


def test_no_verdict_of_ours_is_wrong() -> None:
    ours = [cell for (tool, _), cell in kept().items() if tool == "jobload"]
    assert len(ours) == len(FAULTS)
    for cell in ours:
        assert is_right(verdict(cell, FAULTS[cell.fault])), cell


@pytest.mark.processes
@pytest.mark.parametrize(("fault", "status"), [("none", 201), ("errors", 500), ("busy", 503)])
def test_the_server_counts_what_it_was_asked_and_what_it_said(fault: str, status: int) -> None:
    command = [sys.executable, "-m", "verify.who_notices.server", fault]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
            assert client.recv(1000).startswith(b"HTTP/1.1 %d " % status)
        told, _ = server.communicate(timeout=10)
    began, counted = told.splitlines()
    assert began == "began"
    assert json.loads(counted) == {"requests": 1, "statuses": {str(status): 1}}
