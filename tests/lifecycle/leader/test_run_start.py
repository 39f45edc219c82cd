from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from locust import User
from locust.argument_parser import LocustArgumentParser, setup_parser_arguments

from jobload.lifecycle.leader.run_start import RunStart
from jobload.lifecycle.options import add_options
from jobload.load.users.job_submitter import JobSubmitter
from jobload.plan.problem import PlanError
from shapes import Spike


def started(*arguments: str) -> RunStart:
    parser = LocustArgumentParser(add_help=False)
    setup_parser_arguments(parser)
    add_options(parser)
    environment = SimpleNamespace(
        parsed_options=parser.parse_args([*arguments, "--class-picker"]),
        shape_class=Spike(),  # type: ignore[no-untyped-call]  # as Locust has it
        available_user_classes={JobSubmitter.__name__: JobSubmitter},
        user_classes=[JobSubmitter],
    )
    leader: Any = SimpleNamespace(environment=environment, prepared=None)
    start = RunStart(leader)
    start.prepare()
    return start


def test_the_class_picker_is_the_web_uis_and_picks_nothing_for_a_headless_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for given in ((), ("--scenario", "light")):
        leader: Any = started("--headless", *given)._leader
        assert [scenario.name for scenario in leader.prepared.scenarios] == ["light"]
    start = started("--scenario", "light")
    environment: Any = start._leader.environment
    with pytest.raises(PlanError, match="the shape Spike plays no ramp scenario"):
        start.setup(environment.parsed_options, environment.shape_class)


class Shopper(User):
    weight = 3


class Visitor(User):
    """With its weight of 1."""


class Admin(User):
    """Locust starts none of it, whatever weight it gets later."""

    weight = 0


def prepared(monkeypatch: pytest.MonkeyPatch, folder: Path, scenario: str, *more: str) -> RunStart:
    monkeypatch.chdir(folder)
    start = started("--headless", "--scenario", scenario, *more)
    environment: Any = start._leader.environment
    available = {"Shopper": Shopper, "Visitor": Visitor, "Admin": Admin}
    environment.available_user_classes = available
    environment.user_classes = [Shopper, Visitor]
    start.prepare()
    return start


@pytest.mark.parametrize(
    ("given", "heard", "users"),
    [
        ((), {"num_users": 7, "spawn_rate": 7.0}, 7),
        (("-u", "3"), {"num_users": 7}, 7),
        (("-u", "3"), {"spawn_rate": 1}, None),
        ((), {"num_users": 1, "spawn_rate": 1}, None),
        (("-t", "2s"), {"run_time": 5}, 1),
        (("--set", "users=3"), {"num_users": 7}, None),
    ],
    ids=["users", "others", "filled in by Locust", "all filled in by Locust", "run time", "--set"],
)
def test_what_a_listener_of_init_asks_locust_for_it_gets(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: tuple[str, ...],
    heard: dict[str, Any],
    users: int | None,
) -> None:
    start = prepared(monkeypatch, tmp_path, "adhoc", *given)
    environment: Any = start._leader.environment
    vars(environment.parsed_options).update(heard)
    anew = start._prepared_anew(environment.shape_class)
    assert (anew and anew.scenarios[0].most_users) == users


def test_a_scenario_that_says_how_many_users_there_are_heeds_no_listener(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = prepared(monkeypatch, tmp_path, "light")
    environment: Any = start._leader.environment
    environment.parsed_options.num_users = 7
    assert start._prepared_anew(environment.shape_class) is None


@pytest.mark.parametrize("scenario", ["light", "adhoc"])
def test_weights_that_a_listener_of_init_changes_are_those_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scenario: str
) -> None:
    start = prepared(monkeypatch, tmp_path, scenario)
    environment: Any = start._leader.environment
    was = start._leader.prepared
    assert was is not None
    assert was.scenarios[0].users_mix == {"Shopper": 3, "Visitor": 1}
    monkeypatch.setattr(Shopper, "weight", 2)
    monkeypatch.setattr(Admin, "weight", 1)
    anew = start._prepared_anew(environment.shape_class)
    assert anew is not None
    assert anew.scenarios[0].users_mix == {"Shopper": 2, "Visitor": 1}


def test_user_classes_that_a_listener_of_init_takes_out_are_not_in_the_mix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = prepared(monkeypatch, tmp_path, "light")
    environment: Any = start._leader.environment
    environment.user_classes = [Visitor]
    anew = start._prepared_anew(environment.shape_class)
    assert anew is not None
    assert anew.scenarios[0].users_mix == {"Visitor": 1}


def test_what_the_web_ui_has_prepared_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    start = started()
    leader: Any = start._leader
    leader.prepared = object()
    assert start._prepared_anew(leader.environment.shape_class) is None
