"""A real browser for scripts that tests start as processes of their own.

Playwright and gevent do not go together in one process, so a script does the clicking, prints what
it saw as JSON, and the test judges that.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WITHIN_MS = 20_000
_STATES = """key => [...document.querySelectorAll("#root tbody tr")].map(row =>
  [...row.cells].map(cell => [cell.textContent, getComputedStyle(cell).color]))"""


class Seen:
    """What must not be there: messages in the console, requests to anywhere else."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.console: list[str] = []
        self.elsewhere: list[str] = []

    def watch(self, page: Page) -> Page:
        page.set_default_timeout(WITHIN_MS)
        page.on("console", lambda m: self.console.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", lambda request: self._note(request.url))
        return page

    def _note(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.elsewhere.append(url)


@contextmanager
def chromium() -> Iterator[Browser]:
    """To start one takes a second of CPU."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=os.environ["BROWSER"], args=ARGUMENTS)
        try:
            yield started
        finally:
            started.close()


@contextmanager
def window(started: Browser, url: str, **context: Any) -> Iterator[tuple[Page, Seen]]:
    """It shares nothing with others of the same browser: neither cookies nor what is cached."""
    seen = Seen(url)
    with started.new_context(**context) as own:
        yield seen.watch(own.new_page()), seen


@contextmanager
def browser(url: str, **context: Any) -> Iterator[tuple[Page, Seen]]:
    with chromium() as started, window(started, url, **context) as seen:
        yield seen


def rows(page: Page) -> list[list[tuple[str, str]]]:
    """The table that Locust shows: text and colour of each cell."""
    found: list[list[tuple[str, str]]] = page.evaluate(_STATES)
    return found


def wait_for(page: Page, holds: Callable[[], Any], what: str, within_s: float = 30.0) -> Any:
    deadline_s = monotonic() + within_s
    while not (found := holds()):
        if monotonic() > deadline_s:
            raise AssertionError(f"{what}: still not so after {within_s:g} s")
        page.wait_for_timeout(100)
    return found


def picture(page: Page, folder: Path, name: str) -> None:
    """For people to look at, who ask for them: they take a quarter of the browser's time."""
    if "JOBLOAD_TEST_PICTURES" in os.environ:
        page.screenshot(path=folder / f"{name}.png", full_page=True)


def tell(facts: dict[str, Any]) -> None:
    json.dump(facts, sys.stdout)
