from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from made_check import check
from made_run import Beat, Beats, MadeRun, light, planned, spike

from jobload.judge.checks import windowed
from jobload.judge.checks.check import evaluate
from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.checks.window_log import Seen, WindowLog
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.verdict import judge
from jobload.measure.figures import ScenarioFigures, StageFigures
from jobload.plan.stage import Stage

ERRORS = 'metric: error_rate, expect: "<= 5%", abort: true'


def failing_from(second: int, of_stage: str = "hold", until: int = 999) -> Beats:
    def beats(stage: Stage, at: int) -> Beat:
        good = list(planned()(stage, at).ms)
        broken = stage.name == of_stage and second <= at < until
        return Beat(ms=[] if broken else good, failed=len(good) if broken else 0)

    return beats


def first_breach(scenario: ScenarioFigures, line: str) -> tuple[float, CheckOutcome] | None:
    """When it is seen by a watch that looks once a second, and what it sees."""
    checks, plan = [check(scenario.scenario, line)], scenario.scenario.stages()
    log, end_s = WindowLog(), scenario.stages[-1].ended_s
    for now_s in range(1, round(end_s) + 1):
        begun = [_so_far(s, now_s) for s in scenario.stages if s.started_s < now_s]
        if found := windowed.first_breach(checks, log, begun, plan, float(now_s)):
            return now_s, found
    return None


def _so_far(stage: StageFigures, now_s: float) -> StageFigures:
    return replace(stage, ended_s=min(stage.ended_s, now_s))


def test_a_share_that_the_last_window_still_mends_ends_nothing() -> None:
    """A hold of 9.6 s lies over ten whole seconds: one may fail."""
    scenario = light(ramp_up="5.4s", duration="15s")
    figures = MadeRun().play(scenario, failing_from(3, until=4))
    line = f"{ERRORS}, within: 90%, window: 1s"
    assert evaluate(check(scenario, line), figures).status == "PASS"
    assert first_breach(figures, line) is None


@pytest.mark.parametrize(
    ("line", "seen_s"),
    [
        (ERRORS, 15),
        (f"{ERRORS}, window: 2s", 13),
        (f"{ERRORS}, window: 1s", 12),
        (f"{ERRORS}, for: 10s", 20),
        (f"{ERRORS}, grace: 4s", 14),
        (f"{ERRORS}, grace: 10s", 20),
        (f"{ERRORS}, stage: hold", 15),
        (f"{ERRORS}, stage: ramp-up", None),
        ('metric: error_rate, expect: "<= 100%", abort: true', None),
        ('metric: throughput, expect: ">= 40/s", abort: true', None),
        ('metric: goodput, expect: ">= 40/s", abort: true', 15),
    ],
)
def test_a_breach_is_seen_as_soon_as_its_last_window_is_complete(
    line: str, seen_s: int | None
) -> None:
    """Light: 5 s of ramp, then 25 s of hold, which fails from its seventh second on."""
    found = first_breach(MadeRun().play(light(), failing_from(6)), line)
    assert (found and found[0]) == seen_s


def test_what_is_seen_names_the_check_the_figure_and_the_seconds() -> None:
    found = first_breach(MadeRun().play(light(), failing_from(5)), f"{ERRORS}, for: 10s")
    assert found is not None
    outcome = found[1]
    assert (outcome.spec.id, outcome.status, outcome.actual) == ("light/error_rate", "FAIL", 100.0)
    assert outcome.detail == "2 windows in a row breached, 10–20 s of the run"


def test_a_ramp_is_watched_only_when_it_is_named() -> None:
    scenario = MadeRun().play(light(), failing_from(0, "ramp-up"))
    assert first_breach(scenario, ERRORS) is None
    found = first_breach(scenario, f"{ERRORS}, stage: ramp-up")
    assert found is not None
    assert found[0] == 5


def test_too_few_samples_end_nothing() -> None:
    """p99 needs 299 samples: windows of 5 s with 50 of them each second have fewer."""
    scenario = MadeRun().play(light(), lambda *_: Beat(ms=[900.0] * 50))
    assert first_breach(scenario, 'metric: p99, expect: "<= 1ms", abort: true') is None
    longer = first_breach(scenario, 'metric: p99, expect: "<= 1ms", abort: true, window: 10s')
    assert longer is not None
    assert longer[0] == 15


def test_seconds_that_were_not_told_yet_are_no_breach() -> None:
    """The last second that a process told of counts, not the clock."""
    scenario = MadeRun().play(light(), planned())
    plan, log = scenario.scenario.stages(), WindowLog()
    least = check(scenario.scenario, 'metric: throughput, expect: ">= 49/s", abort: true')
    hold = replace(scenario.stages[1], ended_s=40.0)
    assert windowed.first_breach([least], log, [hold], plan, 30.0) is None
    assert windowed.first_breach([least], log, [hold], plan, 40.0) is not None


@pytest.mark.parametrize(
    ("broken_s", "share", "seen_s"),
    [(range(5), "80%", None), (range(10), "80%", 15), (range(5), "81%", 10)],
)
def test_a_share_is_breached_when_the_windows_to_come_can_not_mend_it(
    broken_s: range, share: str, seen_s: int | None
) -> None:
    """Light has five windows of 5 s; one of them may be missed at 80 %."""
    beats = failing_from(broken_s.start, until=broken_s.stop)
    line = f'{ERRORS}, within: "{share}"'
    found = first_breach(MadeRun().play(light(), beats), line)
    assert (found and found[0]) == seen_s


def test_stages_to_come_can_mend_a_share_too() -> None:
    """Spike has 1 window of baseline, 3 of spike and 1 of recovery."""
    scenario = MadeRun().play(spike(), failing_from(0, "baseline"))
    line = 'metric: error_rate, expect: "<= 5%", within: "80%", abort: true'
    assert first_breach(scenario, line) is None
    assert evaluate(check(scenario.scenario, line), scenario).status == "PASS"
    stricter = line.replace("80%", "81%")
    found = first_breach(scenario, stricter)
    assert found is not None
    assert found[0] == 5


def test_each_window_is_read_once_however_long_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = MadeRun().play(light(duration="65s"), planned())
    read: list[int] = []
    whole = StageFigures.window

    def counting(stage: StageFigures, first_s: int, length_s: int | None) -> object:
        read.append(first_s)
        return whole(stage, first_s, length_s)

    monkeypatch.setattr(StageFigures, "window", counting)
    assert first_breach(scenario, ERRORS) is None
    assert read == list(range(5, 65, 5))


class ToldOf(WindowLog):
    def __init__(self) -> None:
        super().__init__()
        self.specs: set[str] = set()

    def seen(self, spec: CheckSpec, stage: StageFigures, until_s: float | None) -> Seen:
        self.specs.add(spec.id)
        return super().seen(spec, stage, until_s)


def test_only_checks_over_windows_are_watched_and_only_those_with_abort_end_something() -> None:
    played = MadeRun().play(light(), failing_from(6))
    log, plan = ToldOf(), played.scenario.stages()
    plain = check(played.scenario, 'metric: error_rate, expect: "<= 50%"')
    lasting = check(played.scenario, 'metric: p50, expect: "<= 1ms", for: 5s')
    assert windowed.first_breach([plain, lasting], log, played.stages, plan, 30.0) is None
    assert log.specs == {lasting.id}
    assert first_breach(played, ERRORS) is not None


# --- and then the verdict -------------------------------------------------------------------


def ended_by_breach(beats: Beats, line: str, only: Iterable[str] | None = None) -> MadeRun:
    run = MadeRun(end_reason="aborted")
    played = run.play(light(), beats, ended_early="error_rate 100 %, expected <= 5%", only=only)
    played.ended_by = check(played.scenario, line).id
    return run


def test_a_breach_seen_live_is_a_failure_whatever_the_last_replies_were() -> None:
    run = ended_by_breach(planned(), ERRORS)
    aborting = check(light(), ERRORS)
    found = judge(run.end(), {"light": [aborting]})
    assert (found.status, found.exit_code) == ("FAIL", 1)
    assert found.scenarios[0].checks[0].detail == "error_rate 100 %, expected <= 5%"


def test_a_breach_in_a_ramp_leaves_no_judged_stage_and_fails_all_the_same() -> None:
    line = f"{ERRORS}, stage: ramp-up"
    run = ended_by_breach(failing_from(0, "ramp-up"), line, only=["ramp-up"])
    found = judge(run.end(), {"light": [check(light(), line)]})
    assert (found.status, found.exit_code) == ("FAIL", 1)


def test_what_a_breach_cuts_off_does_not_make_it_invalid() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        beat = failing_from(0)(stage, second)
        last = stage.judged and second == 24
        return replace(beat, failed=beat.failed - 1, censored=1) if last else beat

    figures = ended_by_breach(beats, ERRORS).end()
    assert judge(figures, {"light": [check(light(), ERRORS)]}).status == "FAIL"
    figures.scenarios[0].ended_early = None
    assert judge(figures, {"light": [check(light(), ERRORS)]}).status == "INVALID"


def test_a_compromised_measurement_is_invalid_although_a_breach_ended_it() -> None:
    run = ended_by_breach(failing_from(0), ERRORS)
    figures = run.end()
    assert judge(figures, {"light": [check(light(), ERRORS)]}).status == "FAIL"
    figures.crashes.append("the shape: ValueError")
    assert judge(figures, {"light": [check(light(), ERRORS)]}).status == "INVALID"
