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

pytestmark = pytest.mark.waits

FETCH = {"name": "fetch", "get": "/people/{{ people.id }}"}


def plan(folder: Path, rows: int, each: str = "once", *steps: Any, **fields: Any) -> Scenario:
    (folder / "people.csv").write_text("id\n" + "".join(f"{n}\n" for n in range(1, rows + 1)))
    data = {"people": {"file": str(folder / "people.csv"), "each": each}}
    make: Callable[..., Scenario] = fields.pop("make", scenario)
    return make(data=data, steps=list(steps or [FETCH]), retries=0, payload_bytes=1024, **fields)


def finished(process: OneProcess) -> None:
    process.close_stage()
    wait_until(lambda: not process.in_flight)
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


@pytest.mark.parametrize("each", ["loop", "once"])
@pytest.mark.parametrize(
    ("who", "variables", "path"),
    [
        ("people.id", {}, "/a"),
        ("people.id", {}, "/a/{{ people.id }}"),
        ("who", {"a": "{{ people.id }}", "b": [1], "who": "{{ a }}"}, "/a"),
    ],
)
def test_a_login_that_is_renewed_within_an_operation_is_of_the_row_that_it_was_of(
    meet: Meet, tmp_path: Path, each: str, who: str, variables: dict[str, Any], path: str
) -> None:
    login = {
        "name": "login",
        "post": "/login",
        "json": {"id": f"{{{{ {who} }}}}"},
        "capture": {"token": "$.id"},
        "reuse": "1m",
    }
    logins: list[str] = []
    asked: list[str] = []

    def script(request: Request) -> Answer:
        if request.path == "/login":
            logins.append(request.job["id"])
            return 200, request.body
        asked.append(request.path)
        return 401 if len(asked) % 6 == 0 else 200, b"{}"

    steps = [login, {"name": "a", "get": path}, {"name": "b", "get": "/b"}]
    process, _ = meet(plan=plan(tmp_path, 500, each, *steps, variables=variables), script=script)
    process.add(FlowUser)
    wait_until(lambda: process.ended() >= 20)
    finished(process)
    assert process.record().overall().failed == 0
    assert len(logins) >= 3
    assert set(logins) == {logins[0]}
    assert process.rows().sent == 1 or variables or path != "/a"


@pytest.mark.parametrize(("each", "reuse"), [("loop", "1m"), ("once", "1m"), ("once", "20ms")])
def test_a_source_that_logins_alone_take_gives_each_user_a_row_of_its_own(
    meet: Meet, tmp_path: Path, each: str, reuse: str
) -> None:
    """As many as there are users are enough, however often one logs in."""
    login = {
        "name": "login",
        "post": "/login",
        "json": {"id": "{{ people.id }}", "of": "{{ user }}"},
        "reuse": reuse,
    }
    logins: list[tuple[str, int]] = []

    def script(request: Request) -> Answer:
        if request.path == "/login":
            logins.append((request.job["id"], request.job["of"]))
            return 200 if len(logins) % 3 else 404, b"{}"
        gevent.sleep(0.02)
        return 200, b"{}"

    process, _ = meet(plan=plan(tmp_path, 3, each, login, {"get": "/a"}), script=script)
    for _ in range(3):
        process.add(FlowUser)
    wait_until(lambda: len({of for _, of in logins}) == 3 and process.ended() >= 40)
    finished(process)
    rows = process.rows()
    assert len({*logins}) == len({number for number, _ in logins}) == 3
    assert (len(logins) > 20) == (reuse == "20ms")
    assert (rows.sent, rows.without, len(rows.lost)) == (3, 0, 0)


def test_a_user_more_than_there_are_rows_is_told(meet: Meet, tmp_path: Path) -> None:
    login = {"name": "login", "post": "/login", "json": {"id": "{{ people.id }}"}, "reuse": "1m"}
    process, _ = meet(plan=plan(tmp_path, 1, "once", login, {"get": "/a"}))
    process.add(FlowUser)
    process.add(FlowUser)
    wait_until(lambda: process.record().overall().failed > 0)
    finished(process)
    record = process.record()
    assert {*record.overall().errors.counts} == {NO_ROW}
    assert record.surplus == 0


def test_arrivals_that_find_all_rows_used_are_more_than_the_plan_has(
    meet: Meet, tmp_path: Path
) -> None:
    """With a rate there are rows for all that is planned; rounding may make it one more."""
    process, api = meet(plan=plan(tmp_path, 10))
    process.add(FlowUser)
    wait_until(lambda: process.record().surplus >= 20)
    finished(process)
    record = process.record()
    assert api.paths == [f"/people/{n}" for n in range(1, 11)]
    assert record.overall().started == record.overall().succeeded == 10
    assert record.offered == 10 + record.surplus + record.missed
    assert process.rows().without == 0
    assert process.sent[-1].crashes == []


def test_an_arrival_that_waits_for_its_row_is_not_started_yet(meet: Meet, tmp_path: Path) -> None:
    """What was told once may not become less, and it may still be one too many."""
    process, api = meet(plan=plan(tmp_path, 8))
    process.silence_leader()  # half of the rows have come before
    user = process.add(FlowUser)
    wait_until(lambda: len(api.paths) == 4 and user.busy and process.record().started == 5)
    process.agent.report()
    told = process.sent[-1].stages[0].record
    assert (told.started, told.waiting + told.started) == (4, told.offered)
    process.say("drain", drain_s=5.0)
    assert not process.run.idle
    process.hear_leader()
    wait_until(lambda: process.run.idle)
    finished(process)
    record = process.sent[-1].stages[0].record
    assert (record.started, record.overall().succeeded, record.surplus) == (5, 5, 0)


def test_without_a_rate_the_last_row_is_the_last_request(meet: Meet, tmp_path: Path) -> None:
    process, api = meet(plan=plan(tmp_path, 10, make=closed))
    process.add(FlowUser)
    wait_until(lambda: process.record().overall().failed)
    finished(process)
    assert api.paths == [f"/people/{n}" for n in range(1, 11)]
    whole = process.record().overall()
    assert whole.errors.counts == {NO_ROW: whole.failed}
    assert "people: all its rows are used" in whole.errors.examples[NO_ROW]
    assert process.rows().without == whole.failed
    assert process.record().surplus == 0


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
