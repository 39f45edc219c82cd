"""verify/confusion says what was put in and what was found, and the page has what it says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from verify.confusion import BEGIN, END, PAGE, ROOT, with_table

pytestmark = [pytest.mark.processes, pytest.mark.slow]


def confusion(*options: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "verify.confusion", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.timeout(300)
def test_each_cause_is_found_and_the_right_one_is_blamed(full_length: bool) -> None:
    """In full length it is what the page has."""
    code, said = confusion(*([] if full_length else ["--rounds", "1", "--first", "1000"]))
    assert code == 0, said
    rows = [line.split("|")[1:-1] for line in said.splitlines() if line.startswith("|")]
    causes, verdicts = len(rows[2:]), 3
    put_in = sum(int(cell) for row in rows[2:] for cell in row[1:-verdicts] if cell.strip() != "·")
    assert put_in == causes * 3 * 2 * (5 if full_length else 1)
    if full_length:
        page = PAGE.read_text()
        assert with_table(page, said.strip()) == page


def test_only_the_table_of_the_page_is_renewed() -> None:
    page = PAGE.read_text()
    renewed = with_table(page, "another table")
    assert renewed.split(BEGIN)[0] == page.split(BEGIN)[0]
    assert renewed.split(END)[1] == page.split(END)[1]
    assert renewed.split(BEGIN)[1].split(END)[0].strip() == "another table"
