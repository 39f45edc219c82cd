from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
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
