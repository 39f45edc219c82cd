"""python behind_nginx.py URL USER PASSWORD: from the login to the page of a run."""

from __future__ import annotations

import sys
from typing import Any

from browser import browser, rows, tell, wait_for


def main(url: str, user: str, password: str) -> None:
    facts: dict[str, Any] = {}
    with browser(url, ignore_https_errors=True, accept_downloads=True) as (page, seen):
        page.goto(url)
        facts["asked_at"] = page.url
        page.get_by_label("User").fill(user)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        page.get_by_label("Scenario").select_option("light")
        page.get_by_role("button", name="Start").click()
        page.get_by_role("tab", name="Stages").click()
        wait_for(
            page,
            lambda: any(row[2][0].startswith("running") for row in rows(page)),
            "a stage runs",
        )
        facts["connection"] = page.evaluate("location.protocol")
        page.wait_for_url("**/jobload/runs/*", timeout=40_000)
        facts |= {
            "page": page.url,
            "heading": page.locator("h1").inner_text(),
            "charts": page.locator("figure svg").count(),
        }
        with page.expect_download() as arriving:
            page.locator(".files a", has_text="result.json").first.click()
        facts["download"] = arriving.value.suggested_filename
        page.goto(f"{url}jobload/runs")
        facts["listed"] = page.locator("tbody td:nth-child(3)").all_inner_texts()
        cookies = page.context.cookies()
        facts["cookies"] = [[c["path"], c["secure"], c["httpOnly"]] for c in cookies]
        facts |= {"console": seen.console, "elsewhere": seen.elsewhere}
    tell(facts)


main(*sys.argv[1:])
