"""python reading_charts.py FILE FOLDER: reads figures off the charts of a report, offline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from browser import chromium, picture, tell, window
from playwright.sync_api import Browser, Locator, Page

LOOKS: list[dict[str, Any]] = [
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    {"viewport": {"width": 360, "height": 780}, "color_scheme": "light"},
    {"viewport": {"width": 360, "height": 780}, "color_scheme": "dark"},
]
TOO_WIDE = "() => document.scrollingElement.scrollWidth > document.documentElement.clientWidth"
GRAVE = ("serious", "critical")


def figure(page: Page, title: str) -> Locator:
    return page.locator("figure").filter(has=page.locator("figcaption", has_text=title)).first


def said(chart: Locator) -> str:
    return chart.locator(".reader span").inner_text()


def point_at(page: Page, chart: Locator, share: float) -> str:
    """At so much of the width of the plot; what is said then."""
    view = chart.locator("[data-plot]:visible")
    view.scroll_into_view_if_needed()
    box = view.bounding_box()
    left, right = map(float, (view.get_attribute("data-plot") or "").split()[:2])
    whole = view.evaluate("view => view.querySelector('svg').viewBox.baseVal.width")
    assert box
    at = (left + share * (right - left)) / whole
    page.mouse.move(box["x"] + at * box["width"], box["y"] + box["height"] / 2)
    return said(chart)


def keys(page: Page, chart: Locator, *pressed: str) -> str:
    """By the keyboard alone; what somebody hears who does not see it."""
    chart.locator("input[type=range]").focus()
    for key in pressed:
        page.keyboard.press(key)
    return chart.locator("input[type=range]").get_attribute("aria-valuetext") or ""


def ticks(chart: Locator) -> list[str]:
    return chart.locator("[data-plot]:visible .axis.x text").all_text_contents()


def shown_rows(chart: Locator) -> int:
    count: int = chart.evaluate(
        "f => [...f.querySelectorAll('.values tbody tr')].filter(r => !r.hidden).length"
    )
    return count


def look(page: Page, folder: Path, name: str) -> dict[str, Any]:
    rate, cpu = figure(page, "Rate"), figure(page, "Observed: cpu")
    facts: dict[str, Any] = {
        "middle": point_at(page, rate, 0.5),
        "start": point_at(page, rate, 0.0),
        "marks": rate.locator("[data-plot]:visible .mark").count(),
        "heard": [keys(page, rate, "Home"), keys(page, rate, "ArrowRight", "ArrowRight")],
        "cpu": point_at(page, cpu, 0.5),
        "spectrum": keys(page, figure(page, "Percentile spectrum"), "End"),
        "rows": shown_rows(rate),
    }
    picture(page, folder, name)
    page.get_by_label("Charts of").first.select_option("hold")
    facts["stage"] = {
        "start": point_at(page, rate, 0.0),
        "end": keys(page, rate, "End"),
        "cpu": point_at(page, cpu, 0.99),
        "ticks": ticks(rate),
        "rows": shown_rows(rate),
    }
    rate.locator("summary").click()
    facts["table"] = rate.locator(".values tbody tr:visible").first.inner_text().split("\t")
    picture(page, folder, f"{name}-stage")
    found = Axe().run(page).response["violations"]
    facts["violations"] = [f"{v['help']}" for v in found if v["impact"] in GRAVE]
    facts["too_wide"] = page.evaluate(TOO_WIDE)
    page.get_by_label("Charts of").first.select_option("all stages")
    facts["again"] = [shown_rows(rate), ticks(rate)[0]]
    return facts


def main(started: Browser, file: str, folder: Path) -> None:
    facts: dict[str, Any] = {"looks": [], "console": []}
    for context in LOOKS:
        with window(started, file, **context) as (page, seen):
            page.goto(file)
            name = f"report-{context['viewport']['width']}-{context['color_scheme']}"
            facts["looks"].append(look(page, folder, name))
        facts["console"] += seen.console + seen.elsewhere
    with window(started, file, java_script_enabled=False) as (page, _):
        page.goto(file)
        page.locator("figure summary").first.click()
        facts["without_script"] = page.locator(".values tbody tr").first.inner_text().split("\t")
    tell(facts)


with chromium() as started:
    main(started, sys.argv[1], Path(sys.argv[2]))
