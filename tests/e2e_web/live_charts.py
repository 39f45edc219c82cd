"""python live_charts.py SCRIPT: the script of the live page draws figures of all sizes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from browser import chromium, tell, wait_for, window
from playwright.sync_api import Browser, Page, Route

URL = "http://live.test/"
SIZES = {
    "memory": [8e9, 9.5e9, 8.7e9],
    "balance": [-3.0, 4.0, -2.0],
    "latency": [0.0021, 0.0034, 0.0027],
    "idle": [0.0, 0.0, None],
    "rare": [3.0, None, 4.0],
}
FIGURE = """<figure>
<div data-chart="observed" data-keys="{0}" data-kinds="observed1" id="{0}"></div>
<div class="values"><table><tbody></tbody></table></div></figure>"""
PAGE = """<style>text {{ font: 12px sans-serif }} .axis.y text {{ text-anchor: end }}</style>
<p id="place"></p><p id="elapsed"></p><p id="status"></p><ul id="diagnoses"></ul>
<table data-rows="stages"><thead><tr></tr></thead><tbody></tbody></table>
<table data-rows="checks"><thead><tr></tr></thead><tbody></tbody></table>{figures}
<script type="module" src="/live.js" data-live="/live"></script>"""
DRAWN = """key => {
  const svg = document.querySelector(`#${key} svg`);
  const view = svg.viewBox.baseVal;
  const ticks = [...svg.querySelectorAll(".axis.y text")];
  const heights = [...svg.querySelectorAll("polyline")].flatMap(line =>
    line.getAttribute("points").split(" ").map(point => Number(point.split(",")[1])));
  return {
    ticks: ticks.map(tick => tick.textContent),
    cut: ticks.some(tick => tick.getBBox().x < 0),
    lowest: Math.max(...heights) / view.height,
    highest: Math.min(...heights) / view.height,
    seconds: Number(svg.parentElement.dataset.plot.split(" ").at(-1)),
    points: [...svg.querySelectorAll("polyline")].map(line => line.points.numberOfItems),
  };
}"""


A_DAY_AND_A_HALF = 130_000
"""Of seconds: more than a function of a browser takes arguments."""
IN_ONE_ANSWER = 2_000


def answer(route: Route, known: list[dict[str, Any]]) -> None:
    place = route.request.url.removeprefix(URL).partition("?")
    if place[0] == "live.js":
        route.fulfill(body=Path(sys.argv[1]).read_text(), content_type="text/javascript")
    elif place[0] == "live":
        first = int(place[2].removeprefix("known="))
        seconds = known[first : first + IN_ONE_ANSWER]
        now = {"over": False, "status": "RUNNING", "place": "here", "elapsed_s": 3, "bands": []}
        told: dict[str, Any] = {"stages": [], "diagnoses": [], "checks": [], "seconds": seconds}
        route.fulfill(json=now | told)
    else:
        figures = "".join(FIGURE.format(key) for key in SIZES)
        route.fulfill(body=PAGE.format(figures=figures), content_type="text/html")


def told() -> list[dict[str, Any]]:
    return [dict(zip(SIZES, values, strict=True)) for values in zip(*SIZES.values(), strict=True)]


def look(page: Page, known: list[dict[str, Any]]) -> dict[str, Any]:
    page.route("**/*", lambda route: answer(route, known))
    page.goto(URL)
    wait_for(page, page.locator("#place").inner_text, "the run is told of")
    drawn = {key: page.evaluate(DRAWN, key) for key in SIZES if page.locator(f"#{key} svg").count()}
    return {**drawn, "place": page.locator("#place").inner_text()}


def main(started: Browser) -> None:
    with window(started, URL) as (page, seen):
        facts = look(page, told()) | {"console": seen.console}
    with window(started, URL) as (page, _):
        facts["long"] = look(page, told()[:1] * A_DAY_AND_A_HALF)
    tell(facts)


with chromium() as started:
    main(started)
