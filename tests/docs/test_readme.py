"""The first five minutes: what the README shows is what there is."""

from __future__ import annotations

from generated import example_result
from pages import ROOT, blocks_of

from jobload.report.terminal.console_summary import render


def test_its_picture_of_a_verdict_is_that_of_a_real_run() -> None:
    (picture,) = [b for b in blocks_of(ROOT / "README.md") if b.language == "text"]
    assert picture.text.strip() == render(example_result()).strip(), (
        "make example renews the run and the picture"
    )


def test_it_is_read_in_a_few_minutes() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120
