"""What is wrong with options is said of the option that was given."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from locust import User
from locust.argument_parser import LocustArgumentParser, setup_parser_arguments

from jobload.lifecycle.options import add_options
from jobload.lifecycle.run_setup import RunSetup, setup_run
from jobload.load.users.flow_user import FlowUser
from jobload.load.users.job_submitter import JobSubmitter
from jobload.plan.problem import PlanError


@pytest.fixture(autouse=True)
def _files_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios.yaml").write_text(
        "scenarios:\n  light: {shape: ramp, users: 2, duration: 9s}\n"
    )
    (tmp_path / "thresholds.yaml").write_text("scenarios: {}\n")


OURS: dict[str, type[User]] = {"JobSubmitter": JobSubmitter, "FlowUser": FlowUser}


class Visitor(User):
    """Of somebody's own."""


def setup(
    *given: str,
    has_own_shape: bool = False,
    users: dict[str, type[User]] = OURS,
    **locusts_own: object,
) -> RunSetup:
    parser = LocustArgumentParser(add_help=False)
    add_options(parser)
    options = parser.parse_args([*given])
    vars(options).update({"num_users": None, "spawn_rate": None, "run_time": None})
    vars(options).update(**{"headless": True, **locusts_own})
    return setup_run(options, users, {}, has_own_shape=has_own_shape)


def problems(*given: str, **locusts_own: Any) -> list[str]:
    with pytest.raises(PlanError) as caught:
        setup(*given, **locusts_own)
    return [str(error) for error in caught.value.errors]


@pytest.mark.parametrize(
    "given",
    [["--scenarios", "mine.yaml"], ["--scenarios=mine.yaml"], ["--config", "own.conf"]],
    ids=" ".join,
)
def test_the_names_there_are_to_choose_from_are_those_of_the_file_that_is_named(
    given: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text(
        "scenarios:\n  mine: {shape: ramp, users: 2, duration: 9s}\n"
    )
    (tmp_path / "own.conf").write_text("scenarios = mine.yaml\n")
    monkeypatch.setattr("sys.argv", ["jobload run", "--scenario", "mine", *given])
    parser = LocustArgumentParser(add_help=False)
    add_options(parser)
    assert parser.parse_args(["--scenario", "mine"]).scenario == "mine"


@pytest.mark.parametrize("option", ["--web-port", "--master-bind-port", "--master-port"])
@pytest.mark.parametrize("number", ["70000", "-5", "5557x", "²"])
def test_a_port_of_locusts_is_one_that_there_is(
    option: str, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = LocustArgumentParser(add_help=False)
    setup_parser_arguments(parser)
    add_options(parser)
    for right in ("5558", "5558 ", "0"):  # as Locust reads them
        name = option[2:].replace("-", "_")
        assert vars(parser.parse_args([option, right]))[name] == int(right)
    with pytest.raises(SystemExit) as refused:
        parser.parse_args([f"{option}={number}"])
    assert refused.value.code == 2
    assert f"expected a port, 1 to 65535, and got {number}" in capsys.readouterr().err


def test_locusts_own_options_make_the_ad_hoc_scenario() -> None:
    (scenario,) = setup("--scenario", "adhoc", num_users=6, spawn_rate=2, run_time=8).scenarios
    assert scenario.stages()[-1].users_to == 6
    assert sum(stage.duration_s for stage in scenario.stages()) == 8


@pytest.mark.parametrize(
    ("none", "problem"),
    [
        ({"num_users": 0}, "-u 0: adhoc.users: must be at least 1, not 0"),
        ({"run_time": 0}, "-t 0s: adhoc.duration: expected a duration from 1ms to 168h, not 0s"),
    ],
)
def test_none_of_something_is_not_the_default_of_it(none: dict[str, int], problem: str) -> None:
    assert problems("--scenario", "adhoc", **none) == [problem]
    (elsewhere,) = problems("--scenario", "light", **none)
    assert "belongs to --scenario adhoc only" in elsewhere


@pytest.mark.parametrize("option", ["--scenario", "--suite"])
def test_a_name_that_is_empty_is_not_the_usual_scenario(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a script gives it whose variable is not set."""
    with pytest.raises(SystemExit):
        setup(option, "")
    assert f"argument {option}: is empty (a variable that is not set?)" in capsys.readouterr().err


def test_a_path_that_is_empty_is_no_readiness() -> None:
    (problem,) = problems("--ready", "")
    assert problem.startswith("--ready : expected a path that starts with /")


def test_what_is_wrong_with_them_is_said_of_them() -> None:
    (problem,) = problems("--scenario", "adhoc", num_users=5, spawn_rate=1, run_time=2)
    assert problem.startswith("-t 2s: adhoc.duration: 2s is too short")


def test_what_was_set_is_named_as_it_was_set() -> None:
    (problem,) = problems("--scenario", "light", "--set", "duration=1")
    assert problem.startswith("--set duration=1: light.duration: 1 has no unit")


def test_a_shape_of_the_locustfile_is_played_where_no_scenario_is_named() -> None:
    """Locust ignores its own -u, -r and -t as well, where there is a shape."""
    (scenario,) = setup(has_own_shape=True, num_users=6).scenarios
    assert (scenario.name, scenario.shape) == ("custom", "custom")
    assert scenario.stages()[0].rate is None
    assert setup("--scenario", "light", has_own_shape=True).scenarios[0].name == "light"
    (problem,) = problems("--set", "rate=5", has_own_shape=True)
    assert problem.startswith("--set rate=5: the locustfile's own shape has no fields to change")


def test_a_shape_of_the_locustfile_is_played_once() -> None:
    (problem,) = problems("--repeat", "3", has_own_shape=True)
    assert problem.startswith("--repeat 3: the locustfile's own shape is played once")


def test_they_are_not_set_as_well() -> None:
    given = ("--scenario", "adhoc", "--set", "rate=3", "--set", "duration=9s")
    (problem,) = problems(*given, num_users=5, run_time=6)
    assert problem == "-t 6s --set duration=9s: say the same twice; give one of the two"
    (scenario,) = setup(*given, num_users=5, spawn_rate=2, headless=False).scenarios  # by the form
    assert scenario.total_s == 9


def test_a_check_may_name_a_step_beside_other_users(tmp_path: Path) -> None:
    (tmp_path / "scenarios.yaml").write_text(
        "scenarios: {light: {shape: ramp, users: 2, duration: 9s, users_mix: {FlowUser: 1,"
        " JobSubmitter: 1}, steps: [{name: one, get: /a}]}}"
    )
    check = "{metric: p95, expect: <= 1s, endpoint: one}"
    (tmp_path / "thresholds.yaml").write_text(f"scenarios:\n  light:\n    - {check}\n")
    assert setup().checks["light"][0].endpoint == "one"


def test_what_no_user_listens_to_is_expected_in_vain(tmp_path: Path) -> None:
    plan = (
        "defaults: {expect: {status: [299]}}\n"
        "scenarios:\n"
        "  light: {shape: ramp, users: 2, duration: 9s, expect: {status: [299]}}\n"
        "  other: {shape: ramp, users: 2, duration: 9s}\n"
    )
    (tmp_path / "scenarios.yaml").write_text(plan)
    own: dict[str, type[User]] = {"Visitor": Visitor}
    told = [
        "light: expect: is of jobload's own users; what Visitor takes for a failure the locustfile"
        " says (catch_response): take it out"
    ]
    assert problems("--scenario", "light", users=own) == told
    changed = ("--scenario", "other", "--set", "expect.status=[299]")
    assert problems(*changed, users=own) == [told[0].replace("light", "other")]
    assert setup("--scenario", "other", users=own).scenarios
    assert setup("--scenario", "adhoc", users=own).scenarios
    mixed = plan.replace(
        "expect: {status: [299]}}\n  other",
        "users_mix: {Visitor: 1, JobSubmitter: 1}, expect: {status: [299]}}\n  other",
    )
    (tmp_path / "scenarios.yaml").write_text(mixed)
    assert setup("--scenario", "light", users=OURS | own).scenarios


def test_they_belong_to_no_other_scenario() -> None:
    (problem,) = problems("--scenario", "light", num_users=5, run_time=2)
    assert problem.startswith("-u -t: belongs to --scenario adhoc only")


def test_a_judged_stage_in_which_nothing_arrives_is_told() -> None:
    (problem,) = problems("--scenario", "light", "--set", "rate=0.01")
    assert problem.startswith("light: stage hold: plans 0.09 arrivals")


@pytest.mark.parametrize("results", ["scenarios.yaml", "scenarios.yaml/below", "/proc/nowhere/x"])
def test_results_that_could_not_be_written_are_told(results: str) -> None:
    (problem,) = problems("--results", results)
    assert problem.startswith(f"--results {results}: no reports could be written to {results}: ")


def test_a_full_disk_is_told_and_nothing_is_left_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("jobload.report.files.write.os.fsync", full)
    (problem,) = problems()
    assert problem.endswith("No space left on device")
    assert not (tmp_path / "results").exists()


def test_a_folder_for_reports_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    problems("--set", "users=0")
    assert not (tmp_path / "results").exists()
    setup()
    assert not (tmp_path / "results").exists()
    (tmp_path / "results").mkdir()
    setup()
    assert list((tmp_path / "results").iterdir()) == []


def test_a_path_that_can_not_be_asked_for_is_told() -> None:
    (problem,) = problems("--ready", "healthz")
    assert problem.startswith("--ready healthz: expected a path that starts with /")


def test_everything_is_told_at_once() -> None:
    told = problems("--scenario", "light", "--set", "users=0", "--set", "drain=-1s", num_users=5)
    assert [line.partition(": ")[0] for line in told] == ["-u", "--set users=0", "--set drain=-1s"]


def test_a_mix_that_names_who_is_never_started_is_refused(tmp_path: Path) -> None:
    """Locust leaves it out, and others of the file would have run under its name."""

    class Resting(User):
        weight = 0

    scenarios = tmp_path / "scenarios.yaml"
    scenarios.write_text(
        "scenarios: {light: {shape: ramp, users: 2, duration: 9s, users_mix: {Resting: 1}}}\n"
    )
    given = ["--scenarios", str(scenarios), "--scenario", "light"]
    users = {"Visitor": Visitor, "Resting": Resting}
    (told,) = problems(*given, users=users)
    assert told.startswith("light: users_mix.Resting: has weight = 0 in the locustfile")
    picked = setup(*given, users=users, user_classes=["Visitor"])
    assert [scenario.name for scenario in picked.scenarios] == ["light"]
    Resting.fixed_count = 1
    assert setup(*given, users=users).scenarios[0].users_mix == {"Resting": 1}
