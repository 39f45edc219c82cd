"""Rows of a file as operations take them: real users, a real server on loopback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import gevent
import pytest
from one_process import OneProcess, closed, scenario, wait_until
from scripted_api import Answer, Request

from jobload.load.users.arrival_user import NO_ROW
from jobload.load.users.flow_user import FlowUser
from jobload.plan.scenario import Scenario

from .conftest import Meet

FETCH = {"name": "fetch", "get": "/people/{{ people.id }}"}


def plan(folder: Path, rows: int, each: str = "once", *steps: Any, **fields: Any) -> Scenario:
    (folder / "people.csv").write_text("id\n" + "".join(f"{n}\n" for n in range(1, rows + 1)))
    data = {"people": {"file": str(folder / "people.csv"), "each": each}}
    make: Callable[..., Scenario] = fields.pop("make", scenario)
    return make(data=data, steps=list(steps or [FETCH]), retries=0, payload_bytes=1024, **fields)


def finished(process: OneProcess) -> None:
    process.close_stage()
    wait_until(lambda: not process.agent.recorder.in_flight)
    process.end()


def test_each_operation_has_a_row_of_its_own_in_the_order_of_the_file(
    meet: Meet, tmp_path: Path
) -> None:
    process, api = meet(plan=plan(tmp_path, 500))
    process.add(FlowUser)
    wait_until(lambda: process.ended() >= 40)
    finished(process)
    assert api.paths == [f"/people/{n}" for n in range(1, len(api.paths) + 1)]
    rows = process.rows()
    assert rows.sent == len(api.paths)
    assert rows.sent + rows.given_back <= 500
    assert not rows.lost


def test_the_last_row_is_the_last_request(meet: Meet, tmp_path: Path) -> None:
    process, api = meet(plan=plan(tmp_path, 10))
    process.add(FlowUser)
    wait_until(lambda: process.ended() >= 30)
    finished(process)
    assert api.paths == [f"/people/{n}" for n in range(1, 11)]
    whole = process.record().overall()
    assert whole.errors.counts == {NO_ROW: whole.failed}
    assert "people: all its rows are used" in whole.errors.examples[NO_ROW]
    assert process.rows().without == whole.failed
    assert process.sent[-1].crashes == []


def test_users_without_a_rate_do_not_ask_without_end(meet: Meet, tmp_path: Path) -> None:
    process, api = meet(plan=plan(tmp_path, 3, make=closed))
    process.add(FlowUser)
    began_s = monotonic()
    wait_until(lambda: process.record().overall().failed)
    gevent.sleep(0.5)
    finished(process)
    assert len(api.paths) == 3
    assert process.record().overall().failed <= 1 + (monotonic() - began_s)


@pytest.mark.parametrize("each", ["loop", "random"])
def test_rows_may_come_again(meet: Meet, tmp_path: Path, each: str) -> None:
    process, api = meet(plan=plan(tmp_path, 4, each))
    process.add(FlowUser)
    wait_until(lambda: process.ended() >= 60)
    finished(process)
    assert {*api.paths} == {f"/people/{n}" for n in range(1, 5)}
    assert process.rows().sent == len(api.paths)
    if each == "loop":
        assert api.paths[:6] == [f"/people/{n}" for n in (1, 2, 3, 4, 1, 2)]


def test_a_row_of_an_operation_that_never_came_to_send_it_goes_to_the_next(
    meet: Meet, tmp_path: Path
) -> None:
    logins = 0

    def script(request: Request) -> Answer:
        nonlocal logins
        if request.path == "/login":
            logins += 1
            return (500, b"") if logins <= 3 else (200, b"{}")
        return 200, b"{}"

    process, api = meet(
        plan=plan(tmp_path, 400, "once", {"name": "login", "post": "/login"}, FETCH), script=script
    )
    process.add(FlowUser)
    wait_until(lambda: len(api.paths) >= 12)
    finished(process)
    fetched = [path for path in api.paths if path != "/login"]
    assert fetched[0] == "/people/1"
    assert fetched == [f"/people/{n}" for n in range(1, len(fetched) + 1)]


def test_what_failed_or_was_cut_off_after_it_was_sent_is_sent(meet: Meet, tmp_path: Path) -> None:
    process, api = meet((500, b""), plan=plan(tmp_path, 100))
    process.add(FlowUser)
    wait_until(lambda: len(api.paths) >= 8)
    finished(process)
    assert sorted({*api.paths}) == sorted(api.paths)
    assert process.rows().sent == len(api.paths)
