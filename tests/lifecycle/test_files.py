"""Which files a run takes: what is somebody's own never meets what is ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobload.lifecycle.files import find_thresholds, set_locustfile, with_jobload
from jobload.plan.problem import PlanError

OURS = with_jobload("thresholds.yaml")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("scenarios: {}\n")


@pytest.mark.parametrize("own_users", [False, True])
@pytest.mark.parametrize(
    ("there", "scenarios", "found"),
    [
        (["scenarios.yaml", "thresholds.yaml"], None, "thresholds.yaml"),
        (["scenarios.yaml"], None, None),
        (["load/mine.yaml", "load/thresholds.yaml"], "load/mine.yaml", "load/thresholds.yaml"),
        (["load/mine.yaml", "thresholds.yaml"], "load/mine.yaml", None),
        (["thresholds.yaml"], None, "thresholds.yaml"),
    ],
)
def test_limits_belong_to_the_scenarios_beside_them(
    there: list[str], scenarios: str | None, found: str | None, own_users: bool
) -> None:
    touch(*there)
    path = find_thresholds(None, scenarios, own_users=own_users)
    assert (path and str(path)) == found


def test_limits_of_ours_are_for_scenarios_and_users_of_ours() -> None:
    assert find_thresholds(None, None) == OURS
    assert find_thresholds(None, None, own_users=True) is None


def test_those_that_are_named_are_taken() -> None:
    assert find_thresholds(str(OURS), None, own_users=True) == OURS


@pytest.mark.parametrize(
    ("scenarios", "thresholds", "option"),
    [("", None, "--scenarios"), (None, "", "--thresholds"), ("", "", "--thresholds")],
)
def test_an_empty_name_is_no_leave_to_take_others(
    scenarios: str | None, thresholds: str | None, option: str
) -> None:
    """As of a variable that is not set: --scenarios "$FILE"."""
    with pytest.raises(PlanError, match=f"{option}: is empty; name a file, or leave it out"):
        find_thresholds(thresholds, scenarios)


def test_locusts_settings_are_looked_for_where_there_is_no_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A user without a name, as in a container, whose HOME nobody has set."""
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.getuid", lambda: 4_123_456)
    assert set_locustfile() is None
