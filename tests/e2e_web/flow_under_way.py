"""python flow_under_way.py URL HAR: starts the scenario orders, looks at its steps, and records all
that the web UI sends."""

from __future__ import annotations

import sys
from typing import Any

from browser import browser, rows, tell, wait_for
from playwright.sync_api import Page


def main(url: str, har: str) -> None:
    facts: dict[str, Any] = {}
    size = {"width": 1400, "height": 1000}
    with browser(url, viewport=size, record_har_path=har) as (page, seen):
        page.goto(url)
        page.get_by_label("Scenario").select_option("orders")
        page.get_by_role("button", name="Start").click()
        page.get_by_role("tab", name="Stages").click()
        facts["live"] = wait_for(page, lambda: names_while_it_runs(page), "the steps are there")
        page.wait_for_url("**/jobload/runs/*", timeout=40_000)
        facts["heading"] = page.locator("h1").inner_text()
        facts["page"] = page.locator("body").inner_text()
        facts |= {"console": seen.console, "elsewhere": seen.elsewhere}
        page.context.close()  # writes the recording
    tell(facts)


def names_while_it_runs(page: Page) -> list[str]:
    """Of the stages and their steps, once the last step has begun."""
    names = [row[1][0].strip() for row in rows(page)]
    return names if any("receipt" in name for name in names) else []


main(sys.argv[1].rstrip("/"), sys.argv[2])
