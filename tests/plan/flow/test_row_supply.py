from pathlib import Path
from typing import Any

import pytest

from jobload.plan.flow.row_supply import check_supply, read_tables
from jobload.plan.problem import PlanError
from jobload.plan.scenario import Scenario, load_scenario

USES_A_ROW = {"name": "submit", "post": "/jobs", "json": {"user": "{{ people.user }}"}}
USES_NONE = {"name": "browse", "get": "/"}


def scenario(folder: Path, rows: int, each: str = "once", **fields: Any) -> Scenario:
    """100 operations of one step that takes a row, unless `fields` differ."""
    file = folder / "people.csv"
    file.write_text("user\n" + "ann\n" * rows)
    stages = [{"name": "a", "duration": "10s", "users": 2, "rate": 10}]
    plan = {"name": "orders", "shape": "staged", "stages": stages, "steps": [USES_A_ROW]}
    if "flows" in fields or "users_mix" in fields:
        del plan["steps"]
    return load_scenario({**plan, "data": {"people": {"file": str(file), "each": each}}, **fields})


def shortage(*scenarios: Scenario) -> str:
    try:
        check_supply(scenarios, read_tables(scenarios))
    except PlanError as error:
        (problem,) = error.errors
        return f"{Path(problem.file).name}: {problem.message}"
    return ""


def test_each_planned_operation_needs_a_row_of_its_own(tmp_path: Path) -> None:
    assert shortage(scenario(tmp_path, 100)) == ""
    assert "people.csv: holds 1 row, and" in shortage(scenario(tmp_path, 1))
    assert shortage(scenario(tmp_path, 99)) == (
        "people.csv: holds 99 rows, and the plan has 100 operations that each need one of their own"
        " (orders.data.people); add rows, plan fewer operations, or use each: loop"
    )


def test_where_logins_alone_take_a_row_each_user_needs_one(tmp_path: Path) -> None:
    login = {**USES_A_ROW, "reuse": "1m"}
    steps = [login, USES_NONE]
    assert shortage(scenario(tmp_path, 2, steps=steps, arrivals="poisson")) == ""
    assert shortage(scenario(tmp_path, 1, steps=steps)) == (
        "people.csv: holds 1 row, and the plan has 2 users that each need one of their own"
        " (orders.data.people); add rows, plan fewer users, or use each: loop"
    )
    both = [scenario(tmp_path, 101, steps=steps), scenario(tmp_path, 101)]
    assert "the plan has 100 operations and 2 users that each need one" in shortage(*both)
    users = [(2, "2s"), (5, "2s"), (1, "2s"), (4, "2s")]
    stages = [
        {"name": f"s{n}", "users": u, "duration": d, "rate": 9} for n, (u, d) in enumerate(users)
    ]
    assert "the plan has 8 users that" in shortage(
        scenario(tmp_path, 7, steps=steps, stages=stages)
    )
    assert shortage(scenario(tmp_path, 8, steps=steps, stages=stages)) == ""
    taken = [login, {**USES_A_ROW, "name": "again"}]
    assert "the plan has 100 operations that" in shortage(scenario(tmp_path, 99, steps=taken))


@pytest.mark.parametrize("each", ["loop", "random"])
def test_rows_that_come_again_are_always_enough(tmp_path: Path, each: str) -> None:
    assert shortage(scenario(tmp_path, 1, each)) == ""


def test_a_file_is_one_however_often_it_is_used_in_a_run(tmp_path: Path) -> None:
    one = scenario(tmp_path, 150)
    again = one.model_copy(update={"name": "again"})
    assert shortage(one) == ""
    assert "150 rows, and the plan has 200 operations" in shortage(one, one)
    assert "(orders.data.people, again.data.people)" in shortage(one, again)


def test_random_arrivals_may_be_more_than_planned(tmp_path: Path) -> None:
    assert "which at random times may become 140" in shortage(
        scenario(tmp_path, 139, arrivals="poisson")
    )
    assert shortage(scenario(tmp_path, 140, arrivals="poisson")) == ""


def test_flows_that_take_none_need_none(tmp_path: Path) -> None:
    flows = {
        "browse": {"weight": 3, "steps": [USES_NONE]},
        "order": {"weight": 1, "steps": [USES_NONE, USES_A_ROW | {"name": "order"}]},
    }
    assert shortage(scenario(tmp_path, 25, flows=flows)) == ""
    assert "24 rows, and the plan has 25 operations" in shortage(
        scenario(tmp_path, 24, flows=flows)
    )


def test_a_variable_takes_a_row_for_every_flow(tmp_path: Path) -> None:
    flows = {"browse": {"steps": [USES_NONE]}}
    variables = {"name": "{{ people.user }}"}
    assert "99 rows" in shortage(scenario(tmp_path, 99, flows=flows, variables=variables))
    assert shortage(scenario(tmp_path, 1, flows=flows)) == ""


def test_what_ones_own_users_take_is_thought_to_be_one_each(tmp_path: Path) -> None:
    assert "99 rows" in shortage(scenario(tmp_path, 99, users_mix={"OwnUser": 1}))


def test_without_a_rate_nobody_knows(tmp_path: Path) -> None:
    stages = [{"name": "a", "duration": "10s", "users": 2}]
    assert shortage(scenario(tmp_path, 1, stages=stages)) == ""


def test_a_file_is_read_once_and_all_that_is_wrong_with_any_is_told(tmp_path: Path) -> None:
    good = scenario(tmp_path, 3)
    both = good.data["people"].model_copy(update={"each": "loop"})
    shared = good.model_copy(update={"data": {"people": good.data["people"], "all": both}})
    tables = read_tables([good, shared])
    assert len(tables) == 2
    assert len({id(table) for table in tables.values()}) == 1
    lost = [both.model_copy(update={"file": f"{tmp_path}/{name}.csv"}) for name in ("gone", "lost")]
    broken = good.model_copy(update={"data": {"a": lost[0], "b": lost[1]}})
    with pytest.raises(PlanError) as raised:
        read_tables([broken])
    assert [Path(error.file).name for error in raised.value.errors] == ["gone.csv", "lost.csv"]
