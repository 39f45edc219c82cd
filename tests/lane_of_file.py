"""In which lane of `make test` a file of tests is (lanes.py), and when it is begun there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal, cast

Lane = Literal["timed", "waiting", "units", "alone"]
WITH_PROCESSES = ("tests/e2e/", "tests/e2e_web/", "tests/target_app/")
LONGEST = (
    "tests/e2e/test_any_locustfile.py",
    "tests/docs/test_site.py",
    "tests/e2e/test_known_truth.py",
    "tests/e2e_web/test_accessible.py",
    "tests/test_pull_requests.py",
    "tests/lifecycle/leader/test_exporter.py",
    "tests/e2e_web/test_whole_way.py",
    "tests/e2e/test_seen_from_outside.py",
    "tests/e2e/test_hosts.py",
    "tests/deploy/test_pods.py",
    "tests/e2e/test_fuzzed_port.py",
    "tests/test_packaging.py",
    "tests/e2e/test_web_ui.py",
    "tests/e2e/test_waiting_listeners.py",
    "tests/target_app/test_life_cycle.py",
    "tests/e2e/test_lost_workers.py",
    "tests/e2e/test_attacked_port.py",
    "tests/target_app/test_embedded.py",
    "tests/e2e/test_consoles.py",
    "tests/e2e/test_generator_limits.py",
    "tests/docs/test_page_examples.py",
    "tests/verify/test_mutants.py",
    "tests/e2e_web/test_flow_under_way.py",
    "tests/target_app/test_bad_requests.py",
    "tests/e2e_web/test_behind_nginx.py",
    "tests/report/terminal/test_streams.py",
    "tests/e2e/test_before_the_load.py",
    "tests/e2e/test_any_locustfile_runs.py",
    "tests/e2e/test_interrupts.py",
    "tests/test_late_imports.py",
    "tests/e2e/test_terminal.py",
    "tests/e2e_web/test_recorded_calls.py",
    "tests/e2e/test_audit.py",
    "tests/test_compose.py",
    "tests/e2e_web/test_safe_by_default.py",
    "tests/test_examples.py",
    "tests/e2e/test_init.py",
    "tests/test_example_locustfiles.py",
    "tests/e2e/test_own_shape_workers.py",
    "tests/e2e/test_exit_codes.py",
    "tests/e2e/test_abort.py",
    "tests/bench/peers/test_catalogue.py",
    "tests/e2e_web/test_reading_charts.py",
    "tests/e2e/test_metrics_out.py",
    "tests/e2e/test_tls.py",
    "tests/e2e_web/test_poisoned_run.py",
    "tests/target_app/test_redis_trouble.py",
    "tests/e2e/test_nursery.py",
    "tests/target_app/test_misbehaving.py",
    "tests/e2e/test_own_target.py",
    "tests/e2e/test_known_truth_timed.py",
    "tests/e2e/test_known_truth_workers.py",
    "tests/e2e/test_lying_workers.py",
    "tests/e2e/test_rows.py",
    "tests/e2e/test_observed.py",
    "tests/e2e/test_leaving_workers.py",
    "tests/e2e/test_many_workers.py",
    "tests/e2e/test_wall_clock.py",
    "tests/verify/test_cell.py",
    "tests/e2e/test_undisturbed_load.py",
    "tests/e2e/test_flows.py",
    "tests/test_installed.py",
    "tests/verify/test_simulate.py",
    "tests/test_extension_points.py",
    "tests/test_files_fuzz.py",
    "tests/judge/test_diagnosis.py",
    "tests/web/runs/test_fuzzed_runs.py",
    "tests/verify/test_history_power.py",
    "tests/test_verdicts_in_virtual_time.py",
    "tests/init/test_damaged_documents.py",
    "tests/init/har/test_har.py",
    "tests/load/http/test_reply_reader.py",
    "tests/lifecycle/port/test_fuzzed_messages.py",
    "tests/web/test_long_runs.py",
    "tests/compare/history/test_change_points.py",
    "tests/test_lanes.py",
    "tests/compare/test_compare_command.py",
    "tests/load/rows/test_hand_out.py",
    "tests/compare/test_comparison.py",
    "tests/deploy/test_manifests.py",
    "tests/e2e/test_known_truth_alone.py",
)
"""Of each lane the longest first, as once measured; what is begun late is waited for at the end."""
_MARKED = re.compile(r"^pytestmark = .*\bpytest\.mark\.(timed|alone)\b", re.MULTILINE)
_WAITS = re.compile(r"^pytestmark = .*\bpytest\.mark\.(processes|waits)\b", re.MULTILINE)
_COMPUTES = re.compile(r"^pytestmark = .*\bpytest\.mark\.slow\b", re.MULTILINE)


@cache
def lane_of(file: str) -> Lane:
    """What computes for seconds is among the units, also in processes of its own."""
    if _COMPUTES.search(text := _text_of(file)):
        return "units"
    if found := _MARKED.search(text):
        return cast(Lane, found[1])
    return "waiting" if _WAITS.search(text) or file.startswith(WITH_PROCESSES) else "units"


def _text_of(file: str) -> str:
    return Path(file).read_text() if Path(file).exists() else ""


@cache
def turn_of(file: str) -> int:
    """The lower the earlier."""
    if file in LONGEST:
        return LONGEST.index(file)
    return len(LONGEST) + ("mark.slow" not in _text_of(file))
