"""python whole_way.py URL FOLDER: from the start form to the comparison of two runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from browser import browser, picture, rows, tell, wait_for
from playwright.sync_api import Page


def main(url: str, folder: Path) -> None:
    facts: dict[str, Any] = {}
    with browser(url, viewport={"width": 1400, "height": 1000}, accept_downloads=True) as (
        page,
        seen,
    ):
        page.goto(url)
        facts["form"] = look_at_form(page)
        facts["refused"] = ask_for_what_is_refused(page)
        picture(page, folder, "form")
        first = start(page, "spike")
        facts |= watch_tabs(page, folder)
        facts["page"] = wait_for_page(page, first)
        picture(page, folder, "run")
        facts["downloads"] = download(page)
        page.goto(f"{url}/?tab=stages")
        wait_for(page, lambda: len(rows(page)) == 4, "the stages after a reload")
        facts["after_reload"] = [row[2][0] for row in rows(page)]
        second = start_again(page)
        facts["second"] = stop(page, second)
        facts["compared"] = compare(page, url, folder)
        facts |= {"console": seen.console, "elsewhere": seen.elsewhere, "runs": [first, second]}
    tell(facts)


def look_at_form(page: Page) -> dict[str, Any]:
    page.get_by_label("Scenario").select_option("spike")
    users = page.locator('[name="userCount"]')
    wait_for(page, users.is_disabled, "users are disabled")
    found: dict[str, Any] = {
        "options": page.get_by_label("Scenario").locator("option").all_inner_texts(),
        "why": page.locator("#jobload-why-userCount").inner_text(),
        "rate": page.locator('[name="rate"]').is_enabled(),
        "about_rate": page.locator("#jobload-why-rate").inner_text(),
        "suite_disabled": page.locator('[name="suite"]').is_disabled(),
    }
    page.get_by_label("Scenario").select_option("adhoc")
    wait_for(page, users.is_enabled, "users are enabled")
    found["adhoc_why"] = page.locator("#jobload-why-userCount").count()
    return found


def ask_for_what_is_refused(page: Page) -> str:
    host = page.get_by_label("Host")
    allowed = host.input_value()
    host.fill("http://192.0.2.1:80")
    page.get_by_role("button", name="Start").click()
    sentence = page.get_by_role("alert").inner_text()
    host.fill(allowed)
    return sentence


def start(page: Page, scenario: str) -> str:
    page.get_by_label("Scenario").select_option(scenario)
    page.get_by_role("button", name="Start").click()
    page.evaluate("window.sameDocument = true")
    return run_in_bar(page)


def run_in_bar(page: Page, unlike: str = "") -> str:
    def found() -> str:
        links = page.locator("#jobload-bar:has(.running) a").evaluate_all("a => a.map(a => a.href)")
        run = str(links[0]).rpartition("/runs/")[2] if links else ""
        return run if run != unlike else ""

    return str(wait_for(page, found, "the run is in the bar"))


def watch_tabs(page: Page, folder: Path) -> dict[str, Any]:
    page.get_by_role("tab", name="Stages").click()
    states: list[str] = []

    def spike_runs() -> bool:
        shown = [row[2][0] for row in rows(page)]
        states.extend(shown)
        return len(shown) == 4 and shown[2].startswith("running")

    wait_for(page, spike_runs, "the stage spike runs")
    picture(page, folder, "stages")
    page.get_by_role("tab", name="Checks").click()
    colours: dict[str, str] = {}

    def breached() -> bool:
        table = rows(page)
        if len(table) > 1:
            colours[table[1][2][0]] = table[1][2][1]
        return "FAIL" in colours and table[0][2][0] == "running"

    wait_for(page, breached, "a check is breached while the run goes on")
    picture(page, folder, "checks")
    wait_for(page, lambda: rows(page)[0][2][0] not in ("running", ""), "the verdict is there")
    return {
        "states": sorted(set(states)),
        "colours": colours,
        "verdict": rows(page)[0][2][0],
        "reasons": rows(page)[0][-1][0],
        "without_reload": page.evaluate("window.sameDocument === true"),
    }


def wait_for_page(page: Page, run: str) -> dict[str, Any]:
    """It opens by itself."""
    page.wait_for_url(f"**/jobload/runs/{run}", timeout=30_000)
    return {
        "title": page.title(),
        "heading": page.locator("h1").inner_text(),
        "charts": page.locator("figure svg").count(),
    }


def download(page: Page) -> list[str]:
    names = []
    for link in page.locator(".files a").all():
        if link.is_visible():
            with page.expect_download() as arriving:
                link.click()
            assert arriving.value.path().stat().st_size > 0
            names.append(arriving.value.suggested_filename)
    return names


def start_again(page: Page) -> str:
    before = (page.locator("#jobload-bar a").first.get_attribute("href") or "").rpartition("/")[2]
    page.get_by_role("button", name="New").click()
    page.get_by_role("button", name="Start").wait_for()
    page.get_by_label("Scenario").select_option("spike")
    page.get_by_role("button", name="Start").click()
    return run_in_bar(page, unlike=before)


def stop(page: Page, run: str) -> str:
    page.get_by_role("tab", name="Stages").click()
    wait_for(
        page,
        lambda: any("running" in row[2][0] for row in rows(page)),
        "a stage of the second run runs",
    )
    page.get_by_role("button", name="Stop").click()
    page.wait_for_url(f"**/jobload/runs/{run}", timeout=40_000)
    return page.locator("h1").inner_text()


def compare(page: Page, url: str, folder: Path) -> dict[str, Any]:
    page.goto(f"{url}/jobload/runs")
    listed = page.locator("tbody td:nth-child(3)").all_inner_texts()
    for box in page.get_by_role("checkbox").all()[:2]:
        box.check()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Two runs").wait_for()
    picture(page, folder, "compare")
    return {"listed": listed, "sections": page.locator("h2").all_inner_texts()}


main(sys.argv[1].rstrip("/"), Path(sys.argv[2]))
