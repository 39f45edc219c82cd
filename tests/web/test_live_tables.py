"""The tables of stages and checks while a run goes on, and after."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from made_check import check
from made_live_run import MadeLiveRun, MadePlan
from made_run import Beat, MadeRun, light, planned, spike
from made_steps import in_steps

from jobload.judge.verdict import judge
from jobload.live.check_watch import CheckWatch
from jobload.live.live_checks import live_checks
from jobload.measure.ledger import Audit
from jobload.measure.observed_series import ObservedSeries
from jobload.plan.shapes.capacity_search import Search
from jobload.report.result.result import build_result
from jobload.web.live.check_rows import check_rows
from jobload.web.live.live_seconds import LiveSeconds
from jobload.web.live.stage_rows import diagnosis_lines, stage_rows


class RunControl:
    """All that watching needs of one."""

    def __init__(self, run: MadeLiveRun) -> None:
        self.run = run


def running_light(*lines: str, hold_s: int = 10, ms: float = 10.0) -> MadeLiveRun:
    """Light, so many seconds into its hold."""
    scenario = light(duration=f"{5 + hold_s}s")
    made = MadeRun()
    made.play(scenario, planned(ms))
    made._report(users=10)
    checks = {"light": [check(scenario, line) for line in lines]}
    return MadeLiveRun(
        made, MadePlan([scenario], checks), stage_index=1, elapsed_s=made.now_s + 0.9
    )


def watched(run: MadeLiveRun) -> CheckWatch:
    watch = CheckWatch(RunControl(run))
    watch.look()
    return watch


def test_the_running_stage_shows_its_recent_rates_and_the_one_before_its_average() -> None:
    ramp_up, hold = stage_rows(running_light())
    assert ramp_up["state"] == "done"
    assert (ramp_up["users"], ramp_up["offered"]) == ("0–10", "25.0")
    assert hold["state"] == "running, 11 of 10 s"
    assert (hold["users"], hold["offered"], hold["completed"]) == ("10", "50.0", "50.0")
    assert (hold["missed"], hold["errors"], hold["retries"]) == ("0", "0.00 %", "0")
    assert (hold["p50"], hold["p95"], hold["p99"]) == ("10.0", "10.0", "10.0")


def test_users_of_a_process_that_is_lost_run_no_more() -> None:
    run = running_light()
    [worker] = run.collector.workers
    run.collector.write_off(worker)
    assert stage_rows(run)[1]["users"] == "0"


def test_steps_stand_below_their_stage_while_it_runs() -> None:
    run = running_light()
    for stage in run.figures().stages:
        in_steps(stage.record, "submit", "wait")
    rows = stage_rows(run)
    assert [row["stage"] for row in rows] == [
        "ramp-up", "· submit", "· wait", "hold", "· submit", "· wait",
    ]  # fmt: skip
    submit = rows[4]
    assert (submit["state"], submit["errors"]) == ("500 requests", "0.00 %")
    assert submit["p99"] == "10.0"


def test_rates_of_a_stage_that_has_just_begun_are_not_guessed() -> None:
    run = running_light(hold_s=1)
    run.elapsed_s = run.made.now_s + 0.5
    hold = stage_rows(run)[1]
    assert (hold["users"], hold["offered"], hold["completed"]) == ("10", "–", "–")
    assert hold["p50"] == "10.0"


def test_missed_failed_and_retried_show() -> None:
    made = MadeRun()
    made.play(light(), lambda stage, second: Beat(ms=[20.0] * 3, failed=1, missed=2, retries=4))
    run = MadeLiveRun(made, MadePlan([light()]), stage_index=1, elapsed_s=made.now_s)
    hold = stage_rows(run)[1]
    assert (hold["missed"], hold["errors"], hold["retries"]) == ("50", "25.00 %", "100")


def test_stages_to_come_are_there_from_the_start() -> None:
    made = MadeRun()
    made.play(light(), planned())
    run = MadeLiveRun(made, MadePlan([light(), spike()]), stage_index=1, elapsed_s=made.now_s)
    states = [(row["scenario"], row["stage"], row["state"]) for row in stage_rows(run)]
    assert states[2:] == [
        ("spike", "baseline", "to come"),
        ("spike", "ramp-up", "to come"),
        ("spike", "spike", "to come"),
        ("spike", "recovery", "to come"),
    ]


def test_checks_stand_with_headroom_while_the_stage_runs() -> None:
    run = running_light(
        'metric: throughput, expect: ">= 40/s", stage: hold',
        'metric: p50, expect: "<= 8ms"',
        'metric: p99.9, expect: "<= 1s"',
        'metric: p99, max_increase: "10%", min_delta: 1ms',
    )
    verdict, throughput, p50, p99_9, relative = check_rows(run, watched(run))
    assert throughput["check"] == "throughput (hold)"
    assert (verdict["check"], verdict["state"]) == ("Verdict", "running")
    assert (throughput["state"], throughput["actual"]) == ("PASS", "50/s")
    assert throughput["headroom"] == "+25 %"
    assert (p50["state"], p50["actual"], p50["headroom"]) == ("FAIL", "10 ms", "−25 %")
    assert p99_9["state"] == "INSUFFICIENT"
    assert "500 samples, 2,995 needed" in p99_9["detail"]
    assert relative["state"] == "at the end"


def test_a_rate_is_of_the_time_that_is_known_about() -> None:
    """The last snapshot is most of a second old, and no arrival of that second is in it."""
    run = running_light('metric: throughput, expect: ">= 49/s", stage: hold', hold_s=3)
    run.made.scenarios[0].stages[1].ended_s = run.elapsed_s
    [throughput] = live_checks(run)
    assert (throughput.status, throughput.actual) == ("PASS", "50/s")


def test_a_profile_judges_nothing_while_it_goes_on_either() -> None:
    run = running_light('metric: p50, expect: "<= 8ms"')
    assert "target slow" in stage_rows(run)[1]["diagnosis"]
    run.made.profile_only = True
    assert live_checks(run) == []
    assert stage_rows(run)[1]["diagnosis"] == "so far nothing wrong."


@pytest.mark.parametrize("how", ["said its last word", "was written off", "is silent"])
def test_who_tells_no_more_holds_up_no_check(how: str) -> None:
    scenario = light(duration="15s")
    made = MadeRun(workers=("w1", "w2"))
    made.play(scenario, planned())
    gone = made.collector.workers["w2"]
    gone.heard_s = 7.0
    if how == "was written off":
        made.collector.write_off("w2")
    elif how == "said its last word":
        assert gone.newest is not None
        gone.newest = msgspec.structs.replace(gone.newest, final=True)
    rate = check(scenario, 'metric: throughput, expect: "<= 101/s", stage: hold')
    run = MadeLiveRun(
        made, MadePlan([scenario], {"light": [rate]}), stage_index=1, elapsed_s=made.now_s + 0.9
    )
    [throughput] = live_checks(run)
    assert (throughput.status, throughput.actual) == ("PASS", "100/s")
    assert stage_rows(run)[1]["diagnosis"] == "so far nothing wrong."


@pytest.mark.parametrize("workers", [("w1",), ("w1", "w2")])
@pytest.mark.parametrize("goes_on", [True, False])
def test_no_window_is_read_before_those_that_are_silent_have_told_of_it(
    workers: tuple[str, ...], goes_on: bool
) -> None:
    """What was read of it ends the run, and is in its verdict: they may come back."""
    scenario = light(duration="15s")
    made = MadeRun(workers=workers)
    made.play(scenario, planned())
    hold = made.scenarios[0].stages[1]
    hold.ended_s = made.now_s + 6.5
    if len(workers) > 1:
        made.collector.workers["w1"].heard_s = hold.ended_s
    text = 'metric: throughput, expect: ">= 40/s", window: 1s, for: 3s, stage: hold'
    setup = MadePlan([scenario], {"light": [check(scenario, text)]})
    run = MadeLiveRun(made, setup, stage_index=1, elapsed_s=hold.ended_s + 0.1)
    run.phase = "load" if goes_on else "drain"
    [throughput] = live_checks(run)
    assert (throughput.status, throughput.detail) == ("PASS", "worst of 10 windows of 1 s")


def test_a_rate_stays_as_it_was_last_known_while_all_are_silent() -> None:
    run = running_light('metric: throughput, expect: ">= 40/s", stage: hold')
    run.elapsed_s += 60.0
    [throughput] = live_checks(run)
    assert (throughput.status, throughput.actual) == ("PASS", "50/s")


def test_a_check_of_a_stage_that_has_not_begun_is_to_come() -> None:
    scenario = light()
    made = MadeRun()
    made.play(scenario, planned(), only=["ramp-up"])
    spec = check(scenario, 'metric: p50, expect: "<= 8ms", stage: hold')
    run = MadeLiveRun(made, MadePlan([scenario], {"light": [spec]}), elapsed_s=made.now_s)
    assert [live.status for live in live_checks(run)] == ["to come"]


def test_a_check_of_all_stages_stays_as_it_is_while_a_new_stage_has_told_nothing_yet() -> None:
    run = running_light('metric: p50, expect: "<= 8ms"')
    run.made.scenarios[0].stages[1].started_s = run.made.now_s + 0.5
    run.made.scenarios[0].stages[0].stage = replace(
        run.made.scenarios[0].stages[0].stage, judged=True
    )
    [p50] = live_checks(run)
    assert (p50.status, p50.actual) == ("FAIL", "10 ms")


def test_a_check_knows_since_when_it_stands_as_it_does() -> None:
    run = running_light('metric: p50, expect: "<= 8ms"')
    watch = watched(run)
    run.elapsed_s += 30
    watch.look()
    assert check_rows(run, watch)[1]["since"] == "at 16 s"
    run.setup = MadePlan(run.setup.scenarios, {"light": ()})
    watch.look()
    assert check_rows(run, watch)[1:] == []


def test_after_the_end_the_rows_are_the_verdict_with_its_reasons() -> None:
    run = running_light(
        'metric: p50, expect: "<= 8ms", stage: hold', 'metric: error_rate, expect: "<= 1%"'
    )
    watch = watched(run)
    figures = run.made.end()
    run.phase = "end"
    run.result = build_result(figures, judge(figures, run.setup.checks), environment={})
    verdict, p50, errors = check_rows(run, watch)
    assert verdict["state"] == "FAIL"
    assert "light: p50 (hold) 10 ms, expected <= 8ms" in verdict["detail"]
    assert (p50["state"], p50["headroom"], p50["since"]) == ("FAIL", "−25 %", "at 16 s")
    assert errors["state"] == "PASS"
    assert [row["state"] for row in stage_rows(run)] == ["done", "done"]


def test_what_is_undecided_is_no_figure_that_would_meet_its_limit() -> None:
    run = running_light('metric: p99.9, expect: "<= 1s"', hold_s=3)
    figures = run.made.end()
    run.result = build_result(figures, judge(figures, run.setup.checks), environment={})
    verdict, p99_9 = check_rows(run, watched(run))
    assert (verdict["state"], p99_9["actual"]) == ("INVALID", "10 ms")
    assert "p99.9 undecided, 150 samples, 2,995 needed for p99.9" in verdict["detail"]


def test_a_run_that_only_its_audit_fails_says_so() -> None:
    run = running_light(hold_s=25)
    run.made.scenarios[0].audit = Audit(acknowledged=1375, stored=1373, lost=2)
    figures = run.made.end()
    run.result = build_result(figures, judge(figures, run.setup.checks), environment={})
    verdict = check_rows(run, watched(run))[0]
    assert verdict["state"] == "FAIL"
    assert "light: audit 1,375 acknowledged, 1,373 stored, 2 lost" in verdict["detail"]


def test_an_invalid_run_names_the_rules_that_broke() -> None:
    run = running_light()
    run.made.end_reason = "stopped"
    figures = run.made.end()
    run.result = build_result(figures, judge(figures, run.setup.checks), environment={})
    verdict, *rules = check_rows(run, watched(run))
    assert verdict["state"] == "INVALID"
    assert {row["state"] for row in rules} == {"INVALID"}
    assert "completed" in {row["check"] for row in rules}


def test_each_second_is_told_once_and_whole() -> None:
    run = running_light(hold_s=3)
    seconds = LiveSeconds(RunControl(run))  # type: ignore[arg-type]  # as a leader has it
    seconds.look()
    seconds.look()
    every = seconds.after(run, 0)
    assert len(every) == 7  # the last has not settled
    assert [second["offered"] for second in every[5:]] == [50, 50]
    counts = {"offered": 50, "started": 50, "completed": 50, "failed": 0, "users": 10}
    assert every[6] == counts | {"p50": 10.0, "p95": 10.0, "p99": 10.0}
    assert seconds.after(run, 6) == every[6:]
    assert seconds.after(MadeLiveRun(run.made, run.setup, id="another"), 0) == []


def test_one_answer_has_not_all_seconds_of_a_long_run() -> None:
    run = running_light(hold_s=3)
    run.elapsed_s = 4_500.0
    seconds = LiveSeconds(RunControl(run))  # type: ignore[arg-type]  # as a leader has it
    seconds.look()
    assert [len(seconds.after(run, known)) for known in (0, 2000, 4000)] == [2000, 2000, 499]


def test_how_many_users_ran_in_a_second_of_which_nobody_told_is_not_known() -> None:
    run = running_light(hold_s=3)
    run.elapsed_s += 3
    seconds = LiveSeconds(RunControl(run))  # type: ignore[arg-type]  # as a leader has it
    seconds.look()
    assert [second["users"] for second in seconds.after(run, 6)] == [10, 10, None, None]


def test_each_second_has_what_was_observed_by_then() -> None:
    run = running_light(hold_s=3)
    run.observed["cpu"] = cpu = ObservedSeries("cpu", "up", "%", 1.0)
    cpu.add(1.1, 20.0)
    cpu.add(2.1, 30.0)
    cpu.lack(3.1, "unreachable", "connect-refused")
    seconds = LiveSeconds(RunControl(run))  # type: ignore[arg-type]  # as a leader has it
    seconds.look()
    told = [second["observed:cpu"] for second in seconds.after(run, 0)]
    assert told[:5] == [None, 20.0, 30.0, None, None]


# --- what is wrong so far ----------------------------------------------------------------------


def diagnosed(beat: Beat, *lines: str, hold_s: int = 10) -> str:
    """Of the stage that runs, whose seconds so far are all like that; as many are still to come."""
    scenario = light(duration=f"{5 + hold_s}s")
    made = MadeRun()
    made.play(scenario, lambda stage, second: beat if stage.judged else planned()(stage, second))
    hold = made.scenarios[0].stages[1]
    hold.stage = replace(hold.stage, duration_s=2.0 * hold_s)
    checks = {"light": [check(scenario, line) for line in lines]}
    run = MadeLiveRun(made, MadePlan([scenario], checks), stage_index=1, elapsed_s=made.now_s)
    return stage_rows(run)[1]["diagnosis"]


P99 = 'metric: p99, expect: "<= 100ms"'


def test_while_a_stage_runs_its_diagnosis_is_that_of_what_is_known_so_far() -> None:
    assert diagnosed(Beat(ms=[500.0] * 50), P99).startswith("so far target slow: its replies took ")
    assert diagnosed(Beat(ms=[9.0] * 40, failed=10)).startswith("so far target refuses: 20.0 %")
    own = Beat(ms=[400.0] * 50, own_ms=390.0)
    assert diagnosed(own, P99).startswith("so far generator: paused")


def test_a_stage_that_is_sound_so_far_is_not_called_short_of_what_is_still_to_come() -> None:
    assert diagnosed(Beat(ms=[9.0] * 50), P99) == "so far nothing wrong."


def test_a_stage_that_is_over_has_its_diagnosis_before_the_run_has_ended() -> None:
    made = MadeRun()
    made.play(light(), {"ramp-up": planned(), "hold": lambda *_: Beat(ms=[500.0] * 50)})
    made.play(spike(), planned(), only=["baseline"])
    plan = MadePlan([light(), spike()], {"light": [check(light(), P99)]})
    run = MadeLiveRun(made, plan, position=1, stage_index=0, elapsed_s=made.now_s)
    ramp_up, hold = stage_rows(run)[:2]
    assert ramp_up["diagnosis"] == "nothing wrong."
    assert hold["diagnosis"].startswith("target slow: ")


def test_below_the_stages_stands_what_is_wrong_with_which() -> None:
    made = MadeRun()
    made.play(light(), {"ramp-up": planned(), "hold": lambda *_: Beat(ms=[500.0] * 50)})
    plan = MadePlan([light(), spike()], {"light": [check(light(), P99)]})
    rows = stage_rows(MadeLiveRun(made, plan, stage_index=1, elapsed_s=made.now_s))
    [line] = diagnosis_lines(rows)
    assert line.startswith("light, hold: so far target slow: ")
    assert diagnosis_lines(rows[:1]) == ["nothing wrong."]
    assert diagnosis_lines([]) == []


@pytest.mark.parametrize("is_search", [True, False])
def test_what_a_search_does_between_its_steps_is_in_no_diagnosis(is_search: bool) -> None:
    made = MadeRun()
    figures = made.play(light(), lambda *_: Beat(ms=[5.0], failed=9))
    figures.stages[0].stage = replace(figures.stages[0].stage, name="settle-50")
    figures.search = Search.begin(50, 400, 0.1) if is_search else None
    run = MadeLiveRun(made, MadePlan([light()]), stage_index=1, elapsed_s=made.now_s)
    lines = diagnosis_lines(stage_rows(run))
    assert [line.partition(":")[0] for line in lines] == (
        ["light, hold"] if is_search else ["light, ramp-up", "light, hold"]
    )


def test_a_stage_to_come_has_none() -> None:
    made = MadeRun()
    made.play(light(), planned(), only=["ramp-up"])
    run = MadeLiveRun(made, MadePlan([light()]), stage_index=0, elapsed_s=made.now_s)
    assert stage_rows(run)[1]["diagnosis"] == "–"
