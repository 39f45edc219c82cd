"""The files of a draft, read back as a run would read them before anything is written."""

from __future__ import annotations

from jobload.init.draft import Draft
from jobload.init.scenarios_text import scenarios_text
from jobload.init.thresholds_text import thresholds_text
from jobload.init.tidy import tidy
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.plan.plan_file import load_plan_file

SCENARIOS, THRESHOLDS = "scenarios.yaml", "thresholds.yaml"


def checked_files(draft: Draft) -> dict[str, bytes]:
    """PlanError if what was made is no plan, which is better told now than in mid-run."""
    tidy(draft)
    scenarios, thresholds = scenarios_text(draft), thresholds_text(draft)
    plan_file = load_plan_file(SCENARIOS, scenarios)
    load_threshold_file(THRESHOLDS, plan_file.scenarios, text=thresholds)
    return {SCENARIOS: scenarios.encode(), THRESHOLDS: thresholds.encode()} | draft.files
