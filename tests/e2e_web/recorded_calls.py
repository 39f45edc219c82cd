"""python recorded_calls.py URL HAR: what a browser sends to a jobs API, recorded as HAR.

A page of the API's own origin, so that its scripts may call it.
"""

from __future__ import annotations

import sys
from typing import Any

from browser import ARGUMENTS, CHROMIUM, WITHIN_MS, tell
from playwright.sync_api import sync_playwright

CALLS = """async () => {
  const send = (method, path, body) => fetch(path, {
    method,
    headers: {"Content-Type": "application/json", "X-Tenant": "t-1"},
    body: body && JSON.stringify(body),
  });
  const list = await (await send("GET", "/api/v1/jobs?limit=5")).json();
  const created = await send("POST", "/api/v1/jobs", {job_name: "from a page", args: {n: 1}});
  const job = await created.json();
  const seen = await (await send("GET", created.headers.get("Location"))).json();
  await send("DELETE", "/api/v1/jobs/" + job.id);
  return {job: job.id, location: created.headers.get("Location"), seen: seen.id};
}"""


def main(url: str, har: str) -> None:
    facts: dict[str, Any] = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = chromium.new_context(record_har_path=har)
        page = context.new_page()
        page.set_default_timeout(WITHIN_MS)
        page.goto(f"{url}/docs")
        facts |= page.evaluate(CALLS)
        context.close()  # writes the recording
        chromium.close()
    tell(facts)


main(*sys.argv[1:])
