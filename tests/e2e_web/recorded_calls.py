"""python recorded_calls.py URL HAR: what a browser sends to a jobs API, recorded as HAR.

A page of the API's own origin, so that its scripts may call it.
"""

from __future__ import annotations

import sys
from typing import Any

from browser import browser, tell

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
    with browser(url, record_har_path=har) as (page, _):  # which it writes at its end
        page.goto(f"{url}/docs")
        facts |= page.evaluate(CALLS)
    tell(facts)


main(*sys.argv[1:])
