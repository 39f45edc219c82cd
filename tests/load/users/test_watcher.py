from __future__ import annotations

import json

import pytest
from one_process import scenario, wait_until
from scripted_api import Answer, Request

from jobload.load.users.job_watcher import JobWatcher

from .conftest import JOBS, Meet


def jobs_api(request: Request) -> Answer:
    if request.path.startswith(f"{JOBS}?"):
        return 200, json.dumps([{"id": f"job {n}", "status": "pending"} for n in range(3)]).encode()
    return 200, b'{"status": "pending"}'


def test_a_watcher_lists_jobs_and_then_reads_them_one_by_one(meet: Meet) -> None:
    process, api = meet(script=jobs_api)
    process.add(JobWatcher)
    wait_until(lambda: len(api.requests) >= 8)
    listing, reads = f"{JOBS}?limit=20", [f"{JOBS}/job%20{n}" for n in range(3)]
    assert api.paths[:8] == [listing, *reads, listing, *reads]
    process.close_stage()
    wait_until(lambda: process.ended() == process.record().started)
    lists, single = process.endpoint(f"GET {JOBS}"), process.endpoint(f"GET {JOBS}/{{id}}")
    assert lists.succeeded + single.succeeded == len(api.requests)
    assert JobWatcher.labels(scenario()) == tuple(process.record().endpoints)


def test_an_endpoint_with_a_query_keeps_it_where_it_belongs(meet: Meet) -> None:
    def answer(request: Request) -> Answer:
        return 200, b'[{"id": 1}]' if "limit=" in request.path else b"{}"

    plan = scenario(endpoint="/v2/jobs?tenant=a")
    process, api = meet(script=answer, plan=plan)
    process.add(JobWatcher)
    wait_until(lambda: len(api.requests) >= 2)
    assert api.paths[:2] == ["/v2/jobs?tenant=a&limit=20", "/v2/jobs/1?tenant=a"]
    assert JobWatcher.labels(plan) == ("GET /v2/jobs?tenant=a", "GET /v2/jobs/{id}?tenant=a")


def test_a_watcher_judges_its_replies_by_status_alone(meet: Meet) -> None:
    """What the scenario expects is said of the submission."""
    plan = scenario(expect={"status": [201], "json": ["id"]})
    process, api = meet(script=jobs_api, plan=plan)
    process.add(JobWatcher)
    wait_until(lambda: len(api.requests) >= 5)
    assert process.record().overall().failed == 0


@pytest.mark.parametrize(
    "listing",
    [b"", b"oops", b"{}", b'[1, null, {"name": 1}, []]', b'[{"id": "a\\r\\nX-Evil: 1 /\xc3\xa9"}]'],
)
def test_a_list_that_makes_no_sense_is_the_target_s_doing(meet: Meet, listing: bytes) -> None:
    process, api = meet((200, listing))
    process.add(JobWatcher)
    wait_until(lambda: len(api.requests) >= 4)
    process.agent.report()
    assert process.sent[-1].crashes == []
    assert process.record().overall().failed == 0
    assert not any("x-evil" in request.headers for request in api.requests)


def test_an_id_keeps_all_its_digits(meet: Meet) -> None:
    number = 12345678901234567890123
    process, api = meet((200, b'[{"id": %d}]' % number))
    process.add(JobWatcher)
    wait_until(lambda: len(api.requests) >= 2)
    assert api.paths[1] == f"{JOBS}/{number}"
