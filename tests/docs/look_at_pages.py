"""python look_at_pages.py SITE FOLDER: axe-core looks at pages on a desk, a tablet and a phone.

Over HTTP, since axe-core reads the styles once more, which a page opened from a file may not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from browser import chromium, picture, tell, window
from playwright.sync_api import Browser, Page

GRAVE = ("serious", "critical")
LOOKS: list[dict[str, Any]] = [
    {"viewport": {"width": 1400, "height": 900}, "color_scheme": "dark"},
    {"viewport": {"width": 800, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 400, "height": 800}, "color_scheme": "light"},
]
PAGES = ["index", "flows-and-data", "report", "reference/scenarios", "example-report"]
TOO_WIDE = "() => document.scrollingElement.scrollWidth > document.documentElement.clientWidth"


def look(page: Page, name: str, how: str, folder: Path, facts: dict[str, Any]) -> None:
    facts["pages"].append(f"{name} {how}")
    picture(page, folder, f"{name.replace('/', '-')}-{how}")
    for found in Axe().run(page).response["violations"]:
        if found["impact"] in GRAVE:
            places = [node["target"] for node in found["nodes"]][:5]
            facts["violations"].append(f"{name} {how}: {found['help']}, {places}")
    if page.evaluate(TOO_WIDE):
        facts["too_wide"].append(f"{name} {how}")


def search(page: Page, site: str) -> int:
    page.goto(f"{site}/index.html")
    box = page.get_by_role("searchbox").or_(page.locator("input.sidebar-search")).first
    box.fill("recovery")
    box.press("Enter")
    results = page.locator("#search-results li")
    results.first.wait_for()
    return results.count()


def main(started: Browser, site: str, folder: Path) -> None:
    facts: dict[str, Any] = {"pages": [], "violations": [], "too_wide": [], "console": []}
    facts |= {"elsewhere": [], "looks": LOOKS, "found": 0}
    for context in LOOKS:
        how = f"{context['viewport']['width']}-{context['color_scheme']}"
        with window(started, site, **context) as (page, seen):
            for name in PAGES:
                page.goto(f"{site}/{name}.html")
                look(page, name, how, folder, facts)
            if context is LOOKS[0]:
                facts["found"] = search(page, site)
                look(page, "search", how, folder, facts)
        facts["console"] += seen.console
        facts["elsewhere"] += seen.elsewhere
    tell(facts)


class Quiet(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """A browser asks for an icon by itself, whatever the pages say."""
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: str) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


if __name__ == "__main__":
    with served(sys.argv[1]) as url, chromium() as started:
        main(started, url, Path(sys.argv[2]))
