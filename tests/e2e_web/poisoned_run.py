"""python poisoned_run.py URL RUN OTHER: opens every page and file of a run in a real browser."""

from __future__ import annotations

import sys

from browser import browser, tell
from playwright.sync_api import Dialog, Error


def main(url: str, run: str, other: str, *files: str) -> None:
    ran: list[str] = []
    downloads: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    with browser(url, accept_downloads=True) as (page, seen):
        page.expose_function("ranScript", lambda what: ran.append(what))
        page.on("dialog", note)
        page.on("download", lambda download: downloads.append(download.suggested_filename))
        for path in ("runs", f"runs/{run}", f"compare?run={run}&run={other}", *files):
            try:
                page.goto(f"{url}/jobload/{path}")
            except Error as error:
                if "Download is starting" not in str(error):
                    raise
            page.wait_for_timeout(300)
        page.goto(f"{url}/jobload/runs/{run}")
        forms = page.eval_on_selector_all("form", "all => all.map(f => f.getAttribute('action'))")
        scripts = page.locator("script").count()
        elsewhere = seen.elsewhere
    tell(
        {
            "ran": ran,
            "downloads": downloads,
            "forms": forms,
            "scripts": scripts,
            "elsewhere": elsewhere,
        }
    )


main(*sys.argv[1:])
