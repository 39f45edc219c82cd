"""python long_names.py FILE FOLDER: a report whose steps, checks and stages have long names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from browser import chromium, picture, tell, window
from playwright.sync_api import Browser, Page

WIDTHS = (320, 360, 1280)
PRINTED = 718
"""Of A4 with margins of 1 cm."""
TOO_WIDE = "() => document.scrollingElement.scrollWidth > document.documentElement.clientWidth"
COVERED = """() => [...document.querySelectorAll("section > .scroll:has(tbody th)")].map(box =>
  Math.max(...[...box.querySelectorAll("tbody th")].map(th => th.offsetWidth)) / box.clientWidth)"""
UPRIGHT = """() => [...document.querySelectorAll(".band-name")].filter(name => {
  const [text, view] = [name, name.closest("svg")].map(each => each.getBoundingClientRect());
  const axis = name.closest("svg").querySelector(".axis.x text").getBoundingClientRect();
  return view.width && text.height && text.bottom > axis.top;
}).length"""


CUT = """() => [...document.querySelectorAll(".scroll")].filter(box =>
  box.clientWidth && box.scrollWidth > box.clientWidth + 1).length"""


def look(page: Page) -> dict[str, Any]:
    return {
        "too_wide": page.evaluate(TOO_WIDE),
        "covered": max(page.evaluate(COVERED)),
        "over_the_axis": page.evaluate(UPRIGHT),
    }


def main(started: Browser, file: str, folder: Path) -> None:
    facts = {}
    for width in WIDTHS:
        with window(started, file, viewport={"width": width, "height": 780}) as (page, _):
            page.goto(file)
            facts[width] = look(page)
            picture(page, folder, f"long-names-{width}")
    with window(started, file, viewport={"width": PRINTED, "height": 1000}) as (page, _):
        page.goto(file)
        page.emulate_media(media="print")
        tell({"looks": [*facts.values()], "cut_in_print": page.evaluate(CUT)})


with chromium() as started:
    main(started, sys.argv[1], Path(sys.argv[2]))
