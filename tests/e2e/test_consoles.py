"""The verdict does not depend on who reads it, and a misspelt setting is told."""

from pathlib import Path

from e2e.load_test import run_locust
from e2e.plan_files import steady, write_plan


def test_a_console_of_ascii_and_misspelt_settings_change_no_verdict(tmp_path: Path) -> None:
    options = write_plan(tmp_path, {"light": steady(2, None, 2, 1)})
    environ = {
        "PYTHONIOENCODING": "ascii",
        "JOBLOAD_KEEPRUNS": "3",
        "JOBLOAD_TARGET_REDIS_URLL": "redis://nowhere",
        "JOBLOAD_TARGET_BEHAVIOUR": '{"latency": {"ms": 20}}',  # or it computes all the time
    }
    outcome = run_locust(tmp_path, *options, environ=environ)
    outcome.assert_came_to(0, "PASS")
    assert "did you mean JOBLOAD_KEEP_RUNS?" in outcome.console
    assert "JOBLOAD_TARGET_REDIS_URLL is not a setting of the target" in outcome.console
