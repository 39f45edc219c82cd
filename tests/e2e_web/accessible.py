"""python accessible.py URL LINK FOLDER: axe-core looks at every page, on a desk and on a phone.

LINK is that of the log, which logs in once. Locust's own markup is not excluded: what it lacks is
mended by `on_locust.css` and `on_locust.js`. Only what lies dimmed behind an open dialog is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from browser import chromium, picture, rows, tell, wait_for, window
from playwright.sync_api import Browser, Page

SETTLES_MS = 700
"""What Locust's buttons and dialogs move for; axe-core is not sure about what is on the move."""
GRAVE = ("serious", "critical")
BUT_BEHIND_A_DIALOG = {"exclude": [["body > [aria-hidden='true']"]]}
DESK = {"viewport": {"width": 1400, "height": 1000}, "color_scheme": "dark"}
PHONE = {"viewport": {"width": 360, "height": 780}, "color_scheme": "light"}
A4: Any = {"width": 718, "height": 1000}
"""With margins of 1 cm."""
TOO_WIDE = "() => document.scrollingElement.scrollWidth > document.documentElement.clientWidth"

SENTENCES = """() => [document.querySelector("[data-rows=checks] th:last-child"),
  document.getElementById("diagnoses").firstElementChild].map(each => each.offsetWidth)"""
CUT_STAGES = """() => {
  const box = document.querySelector(".scroll:has([data-rows=stages])");
  return box.scrollWidth - box.clientWidth;
}"""


class Look:
    """What is wrong with the pages in one browser: rules of axe-core broken, pages too wide."""

    def __init__(self, page: Page, url: str, folder: Path, context: dict[str, Any]) -> None:
        self.page = page
        self.url = url
        self.facts: dict[str, Any] = {
            "pages": [],
            "violations": [],
            "too_wide": [],
            "heard": {},
        }
        self._folder = folder
        self._name = f"{context['viewport']['width']}-{context['color_scheme']}"

    def at(self, name: str) -> None:
        self.facts["pages"].append(name)
        picture(self.page, self._folder, f"{name}-{self._name}")
        for found in Axe().run(self.page, BUT_BEHIND_A_DIALOG).response["violations"]:
            if found["impact"] in GRAVE:
                places = [node["target"] for node in found["nodes"]]
                self.facts["violations"].append(f"{name}: {found['help']}, {places}")
        if self.page.evaluate(TOO_WIDE):
            self.facts["too_wide"].append(name)

    def everywhere(self) -> None:
        page, url = self.page, self.url
        run = start(page, url, "long")
        page.goto(f"{url}/?tab=stages")
        wait_for(page, lambda: len(rows(page)) == 2, "the stages are there")
        self.at("stages")
        page.goto(f"{url}/?tab=checks")
        states = {"FAIL", "PASS"}
        wait_for(page, lambda: states <= {row[2][0] for row in rows(page)}, "checks stand")
        self.at("checks")
        page.goto(url + run)
        page.locator("figure svg polyline").first.wait_for(state="attached")
        self.facts["sentences_px"] = page.evaluate(SENTENCES)
        self.facts["cut_stages_px"] = page.evaluate(CUT_STAGES)
        self.read_chart("live")
        self.at("live")
        page.request.post(f"{url}/stop")
        page.locator("figure svg.chart").first.wait_for(state="attached")
        self._run_page()
        page.goto(f"{url}/jobload/runs")
        self.facts["since"] = page.locator(".series th[scope=row]").all_text_contents()
        self.at("runs")
        self.on_paper("runs")
        for box in page.get_by_role("checkbox").all()[-2:]:
            box.check()
        page.get_by_role("button", name="Compare").click()
        page.get_by_role("heading", name="Two runs").wait_for()
        self.read_chart("comparison")
        self.at("comparison")

    def on_paper(self, name: str) -> None:
        size = self.page.viewport_size
        assert size is not None
        self.page.set_viewport_size(A4)
        self.page.emulate_media(media="print")
        if self.page.evaluate(TOO_WIDE):
            self.facts["too_wide"].append(f"{name} on paper")
        self.page.emulate_media(media="screen")
        self.page.set_viewport_size(size)

    def read_chart(self, name: str) -> None:
        """The first one, by the keyboard alone."""
        slider = self.page.locator(".reader input").first
        slider.focus()
        self.page.keyboard.press("End")
        self.facts["heard"][name] = slider.get_attribute("aria-valuetext")

    def form(self) -> None:
        page = self.page
        page.goto(self.url)
        page.locator("header").wait_for()
        if not page.locator('[name="scenario"]').count():
            new = page.get_by_role("button", name="New")
            if not new.is_visible():
                page.get_by_role("button", name="Menu").click()
            new.click()
        page.get_by_label("Scenario").select_option("adhoc")
        page.locator('[name="rate"]').fill("many")
        page.get_by_role("button", name="Start").click()
        page.get_by_role("alert").wait_for()
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(SETTLES_MS)
        self.at("form")

    def _run_page(self) -> None:
        page = self.page
        for details in page.locator("details").all():
            details.evaluate("element => element.open = true")
        self.read_chart("run")
        self.at("run")
        dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        page.emulate_media(color_scheme="light" if dark else "dark")
        self.at("run in the other colours")
        page.emulate_media(color_scheme="dark" if dark else "light")


def start(page: Page, url: str, scenario: str) -> str:
    """The page of the run, once it goes on."""
    run_that_ended = {"status": "none yet"}
    assert page.request.post(f"{url}/swarm", form={"scenario": scenario}).json()["success"]
    wait_for(page, lambda: (state(page, url) or run_that_ended)["status"] is None, "it runs")
    return str(state(page, url)["page"])


def play(page: Page, url: str, scenario: str) -> None:
    start(page, url, scenario)
    wait_for(page, lambda: state(page, url)["status"], "it has ended")


def state(page: Page, url: str) -> Any:
    return page.request.get(f"{url}/jobload/state").json()["run"]


def main(started: Browser, url: str, link: str, folder: Path) -> None:
    facts: dict[str, Any] = {"looks": [], "console": [], "elsewhere": []}
    session: Any = None
    for context in (DESK, PHONE):
        with window(started, url, **context) as (page, seen):
            look = Look(page, url, folder, context)
            page.goto(url)
            look.at("login")
            if session is None:
                page.goto(link)
                page.wait_for_url(f"{url}/")
                facts["cookies"] = page.evaluate("document.cookie")
                session = page.context.cookies()
                look.form()
                play(page, url, "short")
                play(page, url, "short")
            else:
                page.context.add_cookies(session)
                look.form()
            look.everywhere()
        facts["looks"].append(look.facts)
        facts["console"] += seen.console
        facts["elsewhere"] += seen.elsewhere
    tell(facts)


with chromium() as started:
    main(started, sys.argv[1].rstrip("/"), sys.argv[2], Path(sys.argv[3]))
