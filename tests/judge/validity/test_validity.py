"""Each rule by which a measurement is trusted: one run that keeps it, and those that break it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from made_run import Beat, Beats, MadeRun, light, planned, spike, steady, stress

from jobload.judge.validity.finding import ValidityCheck
from jobload.judge.validity.schedule import schedule_kept
from jobload.judge.validity.validity import completed, measured, validity
from jobload.measure.figures import EndReason, RunFigures
from jobload.measure.row_ranges import RowRanges
from jobload.measure.row_use import SourceFigures
from jobload.measure.stage_record import EndpointRecord, StageRecord
from jobload.plan.stage import Stage


def played(beats: Beats | None = None, *, workers: tuple[str, ...] = ("w1",)) -> RunFigures:
    run = MadeRun(workers=workers)
    run.play(light(), beats or planned())
    return run.end()


def found(run: RunFigures, check: str) -> ValidityCheck:
    return next(c for c in validity(run, ()) if c.id == check)


def hold(run: RunFigures) -> StageRecord:
    return run.scenarios[0].stages[1].record


def test_a_clean_run_keeps_every_rule() -> None:
    assert {check.id: check.status for check in validity(played(), ())} == {
        "completed": "PASS",
        "no-crash": "PASS",
        "measured": "PASS",
        "workers-complete": "PASS",
        "counts-reconciled": "PASS",
        "schedule-kept": "PASS",
        "generator-not-saturated": "PASS",
        "no-stall": "PASS",
        "not-censored": "PASS",
        "messages-trusted": "PASS",
    }


def test_what_is_broken_says_what_to_do() -> None:
    run = played(lambda stage, second: Beat(censored=1, late=1, cpu_s=1.0))
    run.end_reason = "crashed"
    run.crashes.append("shape: ValueError: no")
    run.collector.workers["w1"].longest_silence_s = 9.0
    run.collector.dropped["forged"] = 1
    run.collector.workers["w1"].newest = None
    run.scenarios[0].stages[1].record.offered += 100
    broken = [check for check in validity(run, ()) if check.status != "PASS"]
    assert {check.id for check in broken if check.status == "WARN"} == {"generator-not-saturated"}
    assert len(broken) == 10
    assert all(check.advice for check in broken)


def test_operations_that_asked_for_nothing_are_no_measurement() -> None:
    run = played()
    stage = run.scenarios[0].stages[1]
    stage.record.without_request = stage.overall.finished
    broken = found(run, "measured")
    assert (broken.status, broken.actual) == ("FAIL", "no request was made in light/hold")
    stage.record.without_request -= 1
    assert found(run, "measured").actual.endswith("of them without a request")


# --- completed ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("stopped", "stopped by hand or by the locustfile"),
        ("sigint", "interrupted by SIGINT"),
        ("sigterm", "interrupted by SIGTERM"),
        ("crashed", "crashed"),
        ("no-target", "the target did not answer"),
    ],
)
def test_an_early_end_is_named(reason: EndReason, word: str) -> None:
    run = played()
    run.end_reason, run.end_detail = reason, "at 12 s"
    check = found(run, "completed")
    assert check.status == "FAIL"
    assert check.actual == f"{word}: at 12 s"


def test_a_scenario_that_ended_early_is_not_complete_unless_a_result_explains_it() -> None:
    run = MadeRun()
    run.play(stress(), planned(), only=["ramp-50", "step-50"], ended_early="the shape gave up")
    figures = run.end()
    check = found(figures, "completed")
    assert check.status == "FAIL"
    assert "stress ended early: the shape gave up" in check.actual
    assert validity(figures, {0})[0].status == "PASS"


def test_a_stage_that_never_ran_is_named() -> None:
    run = MadeRun()
    run.play(spike(), planned(), only=["baseline", "ramp-up", "recovery"])
    assert "spike: spike never ran" in found(run.end(), "completed").actual


# --- no-crash -------------------------------------------------------------------------------


def test_a_run_that_was_ended_from_within_is_complete_only_if_its_last_scenario_explains_it() -> (
    None
):
    run = MadeRun()
    run.play(light(), planned())
    run.play(light(), planned(), ended_early="a breach")
    ended = run.end()
    ended.end_reason = "aborted"
    for explained in ((), {0}):
        check = completed(ended, explained)
        assert (check.status, check.actual) == ("FAIL", "aborted: the run was ended from within")
    assert completed(ended, {1}).status == "PASS"


def test_a_run_that_was_ended_from_within_before_any_scenario_is_not_complete() -> None:
    run = MadeRun(end_reason="aborted", end_detail="the last worker left").end()
    assert completed(run, {0}).actual == "aborted: the last worker left"


@pytest.mark.parametrize(
    ("hold_s", "off_s", "status"),
    [(10, 0.4, "PASS"), (10, 0.6, "FAIL"), (100, 1.9, "PASS"), (100, 2.1, "FAIL")],
)
def test_a_stage_may_be_half_a_second_or_a_fiftieth_longer_or_shorter(
    hold_s: int, off_s: float, status: str
) -> None:
    for difference_s in (off_s, -off_s):
        run = MadeRun()
        figures = run.play(light(duration=f"{5 + hold_s}s"), planned())
        figures.stages[1].ended_s += difference_s
        assert completed(run.end(), ()).status == status


def test_a_crash_is_told_once_wherever_it_was_seen() -> None:
    run = played()
    view = run.collector.workers["w1"]
    assert view.newest is not None
    crashes = ["JobSubmitter: KeyError: 'id'", "on_start: OSError"]
    view.newest = msgspec.structs.replace(view.newest, crashes=crashes)
    run.crashes = ["JobSubmitter: KeyError: 'id'"]
    check = found(run, "no-crash")
    assert check.status == "FAIL"
    assert check.actual == "JobSubmitter: KeyError: 'id'; on_start: OSError"


def test_many_crashes_are_told_in_short() -> None:
    run = played()
    run.crashes = [f"crash {n}" for n in range(50)]
    assert found(run, "no-crash").actual == "crash 0; crash 1; crash 2; and 47 more"


# --- measured -------------------------------------------------------------------------------


def test_what_was_measured_is_every_operation_that_finished_whether_good_or_not() -> None:
    run = played(lambda stage, second: Beat(ms=[10.0] * 40, failed=10))
    assert found(run, "measured").actual == "1,500 operations finished"


def test_a_target_that_refuses_everything_is_measured() -> None:
    run = played(lambda stage, second: Beat(failed=50))
    assert found(run, "measured").status == "PASS"


def test_a_judged_stage_in_which_nothing_finished_is_not_measured() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat() if stage.name == "recovery" else Beat(ms=[10.0])

    run = MadeRun()
    run.play(spike(), beats)
    check = found(run.end(), "measured")
    assert (check.status, check.actual) == ("FAIL", "nothing finished in spike/recovery")


@pytest.mark.parametrize(
    ("idle_s", "breached", "status"), [(0.0, {0}, "PASS"), (0.0, (), "FAIL"), (60.0, {0}, "FAIL")]
)
def test_a_target_that_kept_all_users_busy_is_measured_by_the_breach_that_proves_it(
    idle_s: float, breached: Collection[int], status: str
) -> None:
    """None was free in the whole stage, so none began anything; unless it was free after all."""
    run = played(lambda stage, second: Beat(missed=50, idle_s=idle_s))
    assert measured(run, breached=breached).status == status


@pytest.mark.parametrize(
    ("in_use_s", "breached", "status"),
    [(25.0, {0}, "PASS"), (15.0, {0}, "PASS"), (25.0, (), "FAIL"), (5.0, {0}, "FAIL")],
)
def test_without_a_rate_a_target_that_kept_the_users_is_measured_in_the_same_way(
    in_use_s: float, breached: Collection[int], status: str
) -> None:
    """Nobody waits then for a user, and those of the stage before still wait for a reply."""
    run = MadeRun()
    figures = run.play(light().without_rate(), lambda stage, second: Beat())
    for stage in figures.judged_stages:
        stage.record.user_us, stage.record.other_use_us = 25_000_000, int(in_use_s * 1e6)
    assert measured(run.end(), breached=breached).status == status


def test_a_step_of_stress_that_was_answered_nothing_is_the_result_that_was_asked_for() -> None:
    run = MadeRun()
    run.play(stress(), lambda s, _: Beat(missed=9) if s.name == "step-150" else Beat(ms=[1.0]))
    assert measured(run.end()).status == "PASS"


def test_a_run_without_any_scenario_is_not_measured() -> None:
    assert found(MadeRun().end(), "measured").status == "FAIL"


def test_a_scenario_that_never_came_to_a_judged_stage_is_not_measured() -> None:
    run = MadeRun()
    run.play(light(), planned(), only=["ramp-up"])
    assert found(run.end(), "measured").actual == "no judged stage of light ran"


# --- workers-complete -----------------------------------------------------------------------


def test_a_lost_worker_is_named_with_what_was_lost() -> None:
    run = MadeRun(workers=("w1", "w2"))
    run.play(light(), planned())
    view = run.collector.workers["w2"]
    assert view.newest is not None
    run.collector.write_off("w2")
    run.workers = ("w1",)
    run.now_s += 4
    check = found(run.end(), "workers-complete")
    assert check.status == "FAIL"
    assert "worker w2 was lost: last heard at 30.0 s, 4.0 s before the end" in check.actual
    assert "0 operations in flight and 0 waiting arrivals of its 1,375 were lost" in check.actual


def test_a_worker_that_was_never_heard_is_not_complete() -> None:
    run = played()
    run.collector.enroll("w9", 0.0)
    assert found(run, "workers-complete").actual == "worker w9 was never heard"


def test_a_run_without_workers_is_not_complete() -> None:
    run = MadeRun(workers=()).end()
    assert found(run, "workers-complete").actual == "no process ever made load"


def test_a_worker_that_left_early_is_declared() -> None:
    run = played(workers=("w1", "w2"))
    run.collector.workers["w2"].left_s = 21.0
    check = found(run, "workers-complete")
    assert (check.status, check.actual) == ("PASS", "2 workers; w2 left early, at 21.0 s")


def test_a_late_worker_is_declared_and_does_no_harm() -> None:
    run = played(workers=("w1", "w2"))
    view = run.collector.workers["w2"]
    view.late, view.joined_s = True, 12.0
    check = found(run, "workers-complete")
    assert (check.status, check.actual) == ("PASS", "2 workers; w2 joined late, at 12.0 s")


# --- counts-reconciled ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "difference"),
    [
        ("offered", "offered 1,251 but started + missed + surplus 1,250, difference +1"),
        ("missed", "offered 1,250 but started + missed + surplus 1,251, difference -1"),
        ("started", "started 1,251 but that of its endpoints 1,250, difference +1"),
    ],
)
def test_a_difference_of_one_arrival_is_told(field: str, difference: str) -> None:
    run = played()
    setattr(hold(run), field, getattr(hold(run), field) + 1)
    check = found(run, "counts-reconciled")
    assert check.status == "FAIL"
    assert f"light/hold: {difference}" in check.actual


@pytest.mark.parametrize(
    ("field", "difference"),
    [
        ("succeeded", "started 1,250 but succeeded + failed + censored 1,251, difference -1"),
        ("failed", "started 1,250 but succeeded + failed + censored 1,251, difference -1"),
        ("censored", "started 1,250 but succeeded + failed + censored 1,251, difference -1"),
        ("attempts", "attempts 1,251 but started + retries 1,250, difference +1"),
        ("retries", "attempts 1,250 but started + retries 1,251, difference -1"),
    ],
)
def test_a_difference_of_one_operation_is_told(field: str, difference: str) -> None:
    run = played()
    overall = run.scenarios[0].stages[1].overall
    setattr(overall, field, getattr(overall, field) + 1)
    check = found(run, "counts-reconciled")
    assert check.status == "FAIL"
    assert f"light/hold: {difference}" in check.actual


@pytest.mark.parametrize(
    ("field", "difference"),
    [
        ("attempts", "submit: attempts 1,251 but started + retries 1,250, difference +1"),
        ("repeats", "submit: attempts 1,250 but started + retries 1,251, difference -1"),
        ("succeeded", "submit: started 1,250 but succeeded + failed + censored 1,251, diff"),
    ],
)
def test_a_difference_of_one_request_of_a_step_is_told(field: str, difference: str) -> None:
    run = played()
    record = run.scenarios[0].stages[1].record
    ((_, whole),) = record.endpoints.items()
    record.endpoints.clear()
    record.flows["order"] = whole
    step = record.steps["submit"] = whole.copy()
    assert found(run, "counts-reconciled").status == "PASS"
    setattr(step, field, getattr(step, field) + 1)
    check = found(run, "counts-reconciled")
    assert check.status == "FAIL"
    assert difference in check.actual


def test_a_request_without_a_time_is_accounted_for() -> None:
    """Locust's own way of an event: `response_time=None`."""
    run = played()
    step = hold(run).steps["call"] = EndpointRecord(started=3, succeeded=3, attempts=3, untimed=3)
    hold(run).outside = 3
    assert found(run, "counts-reconciled").status == "PASS"
    step.untimed = 2
    assert "call: succeeded 3 but response times" in found(run, "counts-reconciled").actual


def test_a_response_time_that_was_lost_is_told() -> None:
    run = played()
    run.scenarios[0].stages[1].overall.response_time.record(5)
    assert "response times recorded 1,251" in found(run, "counts-reconciled").actual


def test_more_ends_than_operations_are_told() -> None:
    run = played()
    hold(run).ended_good += 1
    assert "1,376 good and 0 bad ends" in found(run, "counts-reconciled").actual


# --- schedule-kept --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end_reason", "worker", "told"),
    [
        ("completed", "fine", "more cores"),
        ("sighup", "fine", "told beside this"),
        ("completed", "lost", "told beside this"),
        ("completed", "without a file of the scenario", "told beside this"),
        ("completed", "crashed once", "more cores"),
    ],
)
def test_nobody_looks_for_more_cores_after_an_interrupt_or_for_a_worker_that_can_not(
    end_reason: EndReason, worker: str, told: str
) -> None:
    run = played()
    run.scenarios[0].stages[1].record.offered -= 500
    run.end_reason = end_reason
    view = run.collector.workers["w1"]
    if worker == "lost":
        view.newest = None
    elif worker != "fine":
        assert view.newest is not None
        view.newest = msgspec.structs.replace(view.newest, crashes=["w1: orders.jsonl"])
    if worker == "without a file of the scenario":
        run.scenarios[0].stages[1].by_worker = {}
    check = found(run, "schedule-kept")
    assert (check.status, told in check.advice) == ("FAIL", True), check.advice


def test_more_than_two_percent_of_late_arrivals_are_told_but_harm_nothing() -> None:
    run = played()
    hold(run).late = 25
    assert found(run, "schedule-kept").status == "PASS"
    hold(run).late = 26
    check = found(run, "schedule-kept")
    assert check.status == "WARN"
    assert "light/hold: 26 of 1,250 arrivals (2.1%) started more than 10 ms late" in check.actual


@pytest.mark.parametrize(
    ("stolen_s", "told"),
    [
        (0.2, "free"),
        (2.0, "free; the hypervisor gave 8% of the CPU time of w1's machine to others"),
    ],
)
def test_a_machine_whose_hypervisor_took_the_time_is_named(stolen_s: float, told: str) -> None:
    """Of 25 seconds."""
    run = played()
    hold(run).late = 26
    run.scenarios[0].stages[1].by_worker["w1"].stolen_s = stolen_s
    assert found(run, "schedule-kept").actual.endswith(told)


def test_late_arrivals_of_a_ramp_are_not_judged() -> None:
    run = played()
    run.scenarios[0].stages[0].record.late = 100
    assert found(run, "schedule-kept").status == "PASS"


def test_arrivals_missed_because_users_were_busy_are_the_targets_doing() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        good = planned()(stage, second)
        return Beat(ms=[9000.0] * 2, missed=len(list(good.ms)) - 2)

    run = played(beats)
    assert found(run, "schedule-kept").status == "PASS"


@pytest.mark.parametrize(
    ("offered", "status"), [(1238, "FAIL"), (1239, "PASS"), (1261, "PASS"), (1262, "FAIL")]
)
def test_as_many_arrivals_are_offered_as_planned(offered: int, status: str) -> None:
    """1,250; half a percent, and the two users of the ramp's last second for half of one."""
    run = played()
    hold(run).offered = offered
    assert found(run, "schedule-kept").status == status


@pytest.mark.parametrize(("more", "status"), [(17, "PASS"), (19, "FAIL")])
def test_users_that_leave_a_tick_late_explain_a_few_arrivals(more: int, status: str) -> None:
    """From 50 users to 10 at once: 320 arrivals planned, 5 % of them for the change and 2."""
    run = MadeRun()
    figures = run.play(spike(), planned())
    ended = run.end()
    figures.stages[3].record.offered += more
    assert found(ended, "schedule-kept").status == status


def test_random_arrivals_may_differ_as_chance_has_it() -> None:
    run = MadeRun()
    figures = run.play(light(arrivals="poisson"), planned())
    ended = run.end()
    figures.stages[1].record.offered = 1250 + 4 * 35
    assert found(ended, "schedule-kept").status == "PASS"
    figures.stages[1].record.offered = 1250 + 5 * 35
    assert found(ended, "schedule-kept").status == "FAIL"


def test_random_arrivals_of_fewer_users_than_planned_are_not_chance() -> None:
    run = MadeRun()
    figures = run.play(light(arrivals="poisson"), planned())
    ended = run.end()
    record = figures.stages[1].record
    record.offered, record.user_us = 1150, record.user_us * 1150 // 1250
    check = found(ended, "schedule-kept")
    assert (check.status, check.actual) == (
        "FAIL",
        "light/hold: users were there for 1,150 arrivals, 1,250 planned",
    )


@pytest.mark.parametrize(
    ("hold_s", "seconds", "status"),
    [
        (25, [5, 6], "PASS"),
        (25, [5, 28, 29], "FAIL"),
        (25, [3, 4, 5, 6], "PASS"),
        (25, [28, 29, 30, 31], "PASS"),
        (100, [10, 20, 30, 40, 50], "PASS"),
        (100, [10, 20, 30, 40, 50, 60], "FAIL"),
    ],
)
def test_of_twenty_seconds_one_may_be_off_course_and_always_two(
    hold_s: int, seconds: list[int], status: str
) -> None:
    """The hold begins with second 5; a tenth of its 50 arrivals a second is no matter."""
    run = MadeRun()
    figures = run.play(light(duration=f"{5 + hold_s}s"), planned())
    figures.stages[1].record.displaced = dict.fromkeys(seconds, 6)
    ended = run.end()
    assert found(ended, "schedule-kept").status == status
    figures.stages[1].record.displaced = dict.fromkeys(seconds, -5)
    assert found(ended, "schedule-kept").status == "PASS"


def test_only_the_last_stage_of_a_scenario_that_a_breach_ended_may_be_cut_short() -> None:
    run = MadeRun()
    only = ("baseline", "ramp-up", "spike")
    figures = run.play(spike(), planned(), only=only, ended_early="a breach")
    ended = run.end()
    figures.stages[-1].record.offered -= 900
    assert schedule_kept(ended, explained={0}).status == "PASS"
    assert schedule_kept(ended).status == "FAIL"
    figures.stages[0].record.offered -= 100
    assert schedule_kept(ended, explained={0}).status == "FAIL"


def test_a_closed_model_has_no_schedule_to_keep() -> None:
    run = MadeRun()
    run.play(light(rate=None), steady(rps=777))
    assert found(run.end(), "schedule-kept").status == "PASS"


# --- generator-not-saturated ----------------------------------------------------------------


@pytest.mark.parametrize(("cpu_s", "status"), [(0.9, "PASS"), (0.91, "WARN")])
def test_a_worker_over_ninety_percent_of_a_core_is_saturated(cpu_s: float, status: str) -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return replace(planned()(stage, second), cpu_s=cpu_s)

    check = found(played(beats), "generator-not-saturated")
    assert check.status == status


def test_the_busiest_of_several_workers_counts() -> None:
    run = played(workers=("w1", "w2"))
    by_worker = run.scenarios[0].stages[1].by_worker
    by_worker["w2"].cpu_s = 0.99 * by_worker["w2"].wall_s
    check = found(run, "generator-not-saturated")
    assert check.actual == "light/hold: worker w2 used 99% of a core"


def test_a_ramp_may_use_all_of_a_core() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return replace(planned()(stage, second), cpu_s=0.2 if stage.judged else 1.0)

    assert found(played(beats), "generator-not-saturated").status == "PASS"


# --- no-stall -------------------------------------------------------------------------------


@pytest.mark.parametrize(("silence_s", "status"), [(3.0, "PASS"), (3.1, "FAIL"), (9.2, "FAIL")])
def test_a_worker_silent_for_more_than_three_seconds_stalled(silence_s: float, status: str) -> None:
    run = played()
    run.collector.workers["w1"].longest_silence_s = silence_s
    check = found(run, "no-stall")
    assert check.status == status
    if status == "FAIL":
        assert f"worker w1 was silent for {silence_s} s" in check.actual


def test_a_pause_that_a_worker_reports_is_a_stall() -> None:
    run = played()
    view = run.collector.workers["w1"]
    assert view.newest is not None
    view.newest.pauses.append("no word from the master for 4 s at second 12")
    check = found(run, "no-stall")
    assert (check.status, check.actual) == (
        "FAIL",
        "worker w1: no word from the master for 4 s at second 12",
    )


def test_one_short_stall_is_listed_and_does_no_harm() -> None:
    run = played()
    hold(run).lateness.record(150_000)
    check = found(run, "no-stall")
    assert check.status == "WARN"
    assert "stood still for 150 ms in light/hold" in check.actual


# --- not-censored ---------------------------------------------------------------------------


def test_an_unfinished_operation_of_a_judged_stage_is_not_passed_over() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        last = stage.judged and second == 24
        return replace(planned()(stage, second), censored=1 if last else 0)

    check = found(played(beats), "not-censored")
    assert (check.status, check.actual) == ("FAIL", "light/hold: 1 unfinished")


def test_an_unfinished_operation_of_a_ramp_is_listed() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return replace(planned()(stage, second), censored=0 if stage.judged else 1)

    check = found(played(beats), "not-censored")
    assert (check.status, check.actual) == ("PASS", "5 unfinished, in stages that are not judged")


@pytest.mark.parametrize(
    ("after_s", "status", "actual"),
    [
        (25, "FAIL", "light/ramp-up: unfinished all through light/hold"),
        (24, "PASS", "5 unfinished, in stages that are not judged"),
    ],
)
def test_an_unfinished_operation_of_a_ramp_is_not_passed_over_where_it_went_on_all_through_the_hold(
    after_s: int, status: str, actual: str
) -> None:
    """What it asked for meanwhile is in the ramp's figures, which nobody judges."""

    def beats(stage: Stage, second: int) -> Beat:
        return replace(planned()(stage, second), censored=0 if stage.judged else 1)

    run = played(beats)
    run.scenarios[0].stages[0].record.unfinished.record(after_s * 1_000_000)
    check = found(run, "not-censored")
    assert (check.status, check.actual) == (status, actual)


# --- messages-trusted -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("stale", "PASS"),
        ("namesake", "FAIL"),
        ("other_run", "WARN"),
        ("stranger", "WARN"),
        ("forged", "FAIL"),
        ("malformed", "FAIL"),
    ],
)
def test_refused_reports_are_listed(kind: str, status: str) -> None:
    run = played()
    run.collector.dropped[kind] = 7
    check = found(run, "messages-trusted")
    assert check.status == status
    assert ("7" in check.actual) == (status != "PASS")


# --- rows -------------------------------------------------------------------------------------


def rows_accounted(**figures: Any) -> ValidityCheck:
    run = played()
    run.rows = [SourceFigures("people", "people.csv", figures.pop("each", "once"), 400, **figures)]
    return found(run, "rows-accounted")


def test_rows_that_all_came_to_their_operation_are_fine() -> None:
    check = rows_accounted(sent=300, given_back=20, positions=(0,))
    assert (check.status, check.actual) == ("PASS", "300 rows sent, each of them once")
    assert rows_accounted(each="loop", sent=900).actual == "900 rows sent"


def test_a_row_that_may_have_been_sent_or_not_leaves_no_verdict() -> None:
    check = rows_accounted(lost=RowRanges([(2, 3), (16, 24)]), positions=(0,))
    assert check.status == "FAIL"
    assert check.actual == ("people: 9 rows handed out and not known to be sent: 3, 17-24")
    assert check.positions == frozenset({0})
    assert "look at the target" in check.advice


def test_operations_without_a_row_leave_no_verdict() -> None:
    check = rows_accounted(sent=400, without=12, positions=(0,))
    assert (check.status, check.actual) == ("FAIL", "people: 12 operations got no row")
    assert "add some, or use each: loop" in check.advice


@pytest.mark.parametrize(
    ("offered", "surplus", "status"),
    [(5, 5, "PASS"), (0, 2, "PASS"), (5, 8, "FAIL"), (-4, 3, "FAIL")],
)
def test_arrivals_without_a_row_are_those_more_than_planned_but_for_rounding(
    offered: int, surplus: int, status: str
) -> None:
    """`offered` more than planned, which is the schedule's affair."""
    run = played()
    run.rows = [SourceFigures("people", "people.csv", "once", 400, sent=400, positions=(0,))]
    record = hold(run)
    record.offered += offered
    record.surplus = surplus
    record.started += offered - surplus
    check = found(run, "rows-accounted")
    assert check.status == status
    if status == "FAIL":
        more = max(0, offered)
        assert check.actual == (
            f"light/hold: {surplus} arrivals found no row, and only {more} were more than planned"
        )
