"""What must hold of every run, whatever befell it: checked from the other side's tables.

Each promise yields a sentence for each way in which it is broken. What was reported is compared
with what the target counted, what the network carried and what the seed has drawn.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import pairwise
from math import ceil, log, sqrt

from jobload.measure.figures import RunFigures, ScenarioFigures, StageFigures
from jobload.measure.stage_record import EndpointRecord
from jobload.plan.profile import mean_users, starts_s
from verify.simulate.draw import LIMIT_MS, Event
from verify.simulate.hosts import MASTER
from verify.simulate.one_run import Outcome
from verify.simulate.target import Attempt
from verify.simulate.transport import Trouble
from verify.simulate.virtual_loop import NEVER

EXIT_CODES = {"PASS": 0, "FAIL": 1, "INVALID": 3}
SILENT_S = 3.0
"""After so long without a word of the master a worker starts nothing new."""
ORPHANED_S = 10.0
HARMLESS = ("step", "ghost")
AS_SOON_S = 0.05
DUE_MEANWHILE = {"even": 6, "poisson": 40}
"""With fewer there may be none in the first half of a pause (seed 210617)."""
LOWER_SLACK_MS = 5.0
UNFINISHED = "had not ended, or not begun"
MOVING_S = 0.5
"""A user that stops ends its operation, and the one elsewhere in its place has begun meanwhile."""


class Evidence:
    """An outcome, and what both sides have counted of it."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.case = outcome.case

    @property
    def status(self) -> str | None:
        return self.outcome.result.status if self.outcome.result else None

    @property
    def figures(self) -> RunFigures:
        assert self.outcome.figures is not None
        return self.outcome.figures

    @cached_property
    def attempts(self) -> list[Attempt]:
        """Of this run, as the target counted them."""
        return [a for a in self.outcome.target.attempts if a.run == self.outcome.run_id]

    @cached_property
    def firsts(self) -> list[Attempt]:
        """Of each operation."""
        return list({(a.process, a.key): a for a in reversed(self.attempts)}.values())[::-1]

    @cached_property
    def first_times(self) -> list[float]:
        return sorted(a.at_s for a in self.firsts)

    def begun_between(self, from_s: float, until_s: float) -> int:
        return bisect_left(self.first_times, until_s) - bisect_left(self.first_times, from_s)

    @property
    def trusts_all(self) -> bool:
        return all(worker.final for worker in self.figures.workers)

    @cached_property
    def generator_is_sound(self) -> bool:
        """Nothing befell it that it can't stand: a PASS is due."""
        return (
            all(_is_harmless(trouble) for trouble in self.case.troubles)
            and all(self._can_stand(event) for event in self.case.events)
            and sum(event.kind == "sigterm" for event in self.case.events) <= 1
        )

    def _can_stand(self, event: Event) -> bool:
        if event.kind == "sigterm":
            """Others take its load over."""
            had_begun = self.outcome.zero_s + 0.5 < event.at_s
            is_one_of_many = event.host != MASTER and self.case.workers - self.case.late >= 2
            return had_begun and is_one_of_many
        return event.kind in HARMLESS

    @property
    def master_was_killed(self) -> bool:
        return any(name == MASTER and code is None for name, _, code in self.outcome.exits)

    @cached_property
    def target_is_sound(self) -> bool:
        judged_s = self.outcome.judged_s
        return not any(b.from_s <= judged_s for b in self.case.behaviours)

    def named(self) -> str:
        assert self.outcome.result is not None
        return " ".join(v.actual for v in self.outcome.result.validity if v.status == "FAIL")

    def stage_at(self, stage: StageFigures) -> tuple[float, float]:
        zero_s = self.outcome.zero_s
        return zero_s + stage.started_s, zero_s + stage.ended_s


def _is_harmless(trouble: Trouble) -> bool:
    if trouble.kind in ("slow", "reorder"):
        return trouble.extra_s <= 0.02
    return trouble.kind == "repeat"


def ends(all_: Evidence) -> Iterator[str]:
    """Every run comes to its end, and so does every process."""
    outcome = all_.outcome
    if outcome.exit_code is None and not all_.master_was_killed:
        yield f"the run has not ended by second {all_.case.deadline_s:.0f}"
        return
    # Locust lets one that came too late look for a master for five minutes.
    if left := [name for name in outcome.still_there if name in outcome.connected]:
        yield f"{', '.join(left)} did not end"


def has_a_verdict(all_: Evidence) -> Iterator[str]:
    status, code = all_.status, all_.outcome.exit_code
    interrupted = all_.outcome.figures is not None and all_.figures.end_reason == "sigterm"
    if code is None:
        return
    if status is None:
        if code not in (3, 143):
            yield f"without a verdict the exit code is {code}"
    elif code != (143 if interrupted else EXIT_CODES[status]):
        yield f"{status} has exit code {code}"


def says_why(all_: Evidence) -> Iterator[str]:
    """INVALID names a reason, and nothing else has one."""
    result = all_.outcome.result
    if result is None:
        return
    reasons = [v for v in result.validity if v.status == "FAIL"]
    open_checks = [
        c for s in result.scenarios for c in s.checks if c.status == "INSUFFICIENT" and c.detail
    ]
    if result.status == "INVALID" and not any(v.actual for v in reasons) and not open_checks:
        yield "INVALID, and no reason is named"
    if result.status != "INVALID" and reasons:
        yield f"{result.status} although {reasons[0].id}: {reasons[0].actual}"


def counts_agree(all_: Evidence) -> Iterator[str]:
    """V9: what was reported is what the target counted."""
    if all_.status is None:
        return
    total = all_.figures.total()
    counted, begun = len(all_.attempts), len(all_.firsts)
    if total.attempts > counted:
        yield f"{total.attempts:,} attempts reported, and the target counted {counted:,}"
    if total.started > begun:
        yield f"{total.started:,} operations reported, and the target saw {begun:,}"
    if all_.status == "INVALID" and not all_.trusts_all:
        return
    who = {f"{a.host}_0" if a.host != "local" else a.host for a in all_.attempts}
    if all_.status == "INVALID" and not who <= {w.id for w in all_.figures.workers}:
        return
    killed = any(code is None for _, _, code in all_.outcome.exits)
    came_again = any(event.kind == "restart" for event in all_.case.events)
    if all_.status == "INVALID" and (killed or came_again):
        return
    if total.attempts != counted:
        yield f"{all_.status}: {total.attempts:,} attempts reported, the target counted {counted:,}"
    if total.started != begun:
        yield f"{all_.status}: {total.started:,} operations reported, the target saw {begun:,}"
    yield from _successes_agree(all_)


def _successes_agree(all_: Evidence) -> Iterator[str]:
    if len(all_.case.scenarios) > 1:
        return  # with other timeouts
    timeout_s = all_.case.scenarios[0].timeout_s
    good = [a for a in all_.attempts if a.status == 201 and a.took_s < timeout_s - 0.002]
    doubtful = sum(a.status == 201 and abs(a.took_s - timeout_s) <= 0.002 for a in all_.attempts)
    total = all_.figures.total()
    least, most = total.succeeded, total.succeeded + total.censored
    if not least - doubtful <= len(good) <= most:
        yield f"{total.succeeded:,} succeeded, and the target answered {len(good):,} in time"


def times_agree(all_: Evidence) -> Iterator[str]:
    """Service times are those of the target; without the generator's delay nothing is longer."""
    if all_.status is None:
        return
    for stage in all_.figures.stages:
        upper, lower = stage.overall.response_time, stage.overall.response_time_lower
        for percent in (50.0, 90.0, 100.0):
            low, high = lower.percentile_us(percent), upper.percentile_us(percent)
            if low is not None and high is not None and low > high * 1.002 + 1:
                yield f"{stage.name}: lower p{percent:g} {low:.0f} us is above upper {high:.0f} us"
    stepped = any(event.kind == "step" for event in all_.case.events)
    if all_.status == "INVALID" or stepped or len(all_.case.scenarios) > 1:
        return
    total = all_.figures.total()
    timeout_s = all_.case.scenarios[0].timeout_s
    took_us = sorted(
        a.took_s * 1e6 for a in all_.attempts if a.status == 201 and a.took_s < timeout_s
    )
    if len(took_us) != total.service_time.count:
        return
    told_us, sum_us = total.service_time.sum_us, sum(took_us)
    if abs(told_us - sum_us) > 2 * len(took_us) + 0.001 * sum_us:
        yield f"service times of {told_us / 1e6:.3f} s in all, the target took {sum_us / 1e6:.3f} s"


def owner_is_right(all_: Evidence) -> Iterator[str]:
    """A pause of the generator is in the upper figures, and in none of the lower ones."""
    if (
        all_.status is None
        or not all_.target_is_sound
        or any(s.rate is None for s in all_.case.scenarios)
    ):
        return
    if all_.case.troubles or any(event.kind == "step" for event in all_.case.events):
        return
    longest_ms = (all_.case.usual_s * 1.3 + all_.case.connecting_s) * 1e3
    for scenario in all_.figures.scenarios:
        for stage in scenario.stages if scenario.scenario.arrivals == "even" else ():
            lower = stage.overall.response_time_lower
            if lower.counts and lower.max_us / 1e3 > longest_ms + LOWER_SLACK_MS:
                yield (
                    f"{stage.name}: lower maximum {lower.max_us / 1e3:.1f} ms, and the target took"
                    f" {longest_ms:.1f} ms at most"
                )


def pauses_show(all_: Evidence) -> Iterator[str]:
    """What came due while a process stood still waited for it, and the upper figures say so."""
    if all_.status is None:
        return
    for name, from_s, until_s in all_.outcome.stood_still:
        worker = name if name == "local" else f"{name}_0"
        for scenario in all_.figures.scenarios:
            fewest = DUE_MEANWHILE[scenario.scenario.arrivals]
            for stage in scenario.stages:
                began_s, ended_s = all_.stage_at(stage)
                per_worker = (stage.stage.rate or 0.0) / max(1, len(stage.by_worker))
                within = (
                    began_s + 0.3 < from_s and until_s + 0.3 < ended_s and until_s - from_s < 2.5
                )
                if not within or worker not in stage.by_worker or not stage.stage.judged:
                    continue
                if per_worker * (until_s - from_s) < fewest or len(all_.case.events) > 1:
                    continue
                if not any(a.host == name and began_s <= a.at_s < from_s for a in all_.firsts):
                    continue  # it has no user, where there are fewer than workers
                there = _where_it_was(all_, worker, stage, from_s).key
                told = all_.figures.collector.record_of(worker, there)
                longest_s = _longest_us(told.overall()) / 1e6
                if longest_s < 0.5 * (until_s - from_s):
                    yield (
                        f"{name} stood still for {until_s - from_s:.2f} s in {stage.name}, and its"
                        f" longest response time is {longest_s:.3f} s"
                    )


def _where_it_was(all_: Evidence, worker: str, stage: StageFigures, at_s: float) -> StageFigures:
    """To a worker that has not heard of a stage the one before goes on (seed 221205)."""
    words = all_.outcome.words.get(worker, ())
    heard = [state for heard_s, state in words if heard_s < at_s and state.phase == "load"]
    newest = max(heard, key=lambda state: state.seq, default=None)
    if newest is None:
        return stage
    key = newest.position, newest.stage
    known = (each for each in all_.figures.stages if each.key == key and worker in each.by_worker)
    return next(known, stage)


def _longest_us(times: EndpointRecord) -> int:
    failed = times.unsuccessful
    ended = (times.response_time, failed["failed"].upper, failed["given-up"].upper)
    return max(each.max_us for each in ended)


def never_too_much(all_: Evidence) -> Iterator[str]:
    """Never more load than planned, from the beginning of a scenario until any moment of it."""
    if all_.status is None:
        return
    for scenario in all_.figures.scenarios:
        if scenario.scenario.rate is None or not scenario.stages:
            yield from _never_too_many(all_, scenario)
            continue
        yield from _never_too_fast(all_, scenario)


def _never_too_fast(all_: Evidence, scenario: ScenarioFigures) -> Iterator[str]:
    began_s, _ = all_.stage_at(scenario.stages[0])
    _, ended_s = all_.stage_at(scenario.stages[-1])
    peak = scenario.scenario.rate or 0.0
    disturbed = bool(
        all_.case.troubles
        or all_.case.late
        or all_.outcome.stood_still
        or any(event.kind not in HARMLESS for event in all_.case.events)
    )
    slack_s = 0.6  # users come and go once a second
    if disturbed:
        slack_s = SILENT_S + 1.0 if _becomes_less(scenario) else 1.5
    planned = _planned_by(scenario)
    times = [t for t in all_.first_times if began_s <= t <= ended_s + AS_SOON_S]
    for number, at_s in enumerate(times, 1):
        plan = planned(at_s - all_.outcome.zero_s)
        slack = 2 + max(1, all_.case.workers) + slack_s * peak + 0.02 * plan
        if scenario.scenario.arrivals == "poisson":
            slack += 5 * sqrt(plan)
        if number > plan + slack:
            yield (
                f"{scenario.name}: {number:,} operations by second"
                f" {at_s - began_s:.2f}, {plan:.0f} planned"
            )
            return


def _becomes_less(scenario: ScenarioFigures) -> bool:
    """Who is cut off then goes on for a while as before."""
    rates = [figures.stage.rate or 0.0 for figures in scenario.stages]
    return any(later < rate for rate, later in pairwise(rates))


def _planned_by(scenario: ScenarioFigures) -> Callable[[float], float]:
    """How many arrivals the plan has until a second of the run."""

    def planned(at_s: float) -> float:
        whole = 0.0
        for figures in scenario.stages:
            stage = figures.stage
            within_s = min(max(at_s - figures.started_s, 0.0), figures.duration_s)
            users = mean_users((stage,), 0.0, min(within_s, stage.duration_s)) if within_s else 0.0
            whole += (stage.rate_per_user or 0.0) * users * within_s
        return whole

    return planned


def _never_too_many(all_: Evidence, scenario: ScenarioFigures) -> Iterator[str]:
    """In the closed model users are the load: what is in flight at once."""
    if not scenario.stages:
        return
    began_s, ended_s = all_.stage_at(scenario.stages[0])[0], all_.stage_at(scenario.stages[-1])[1]
    timeout_s = scenario.scenario.timeout_s
    ours = [a for a in all_.attempts if began_s <= a.at_s <= ended_s]
    edges = sorted(
        [(a.at_s, 1) for a in ours] + [(min(a.answered_s, a.at_s + timeout_s), -1) for a in ours]
    )
    excess_s, at_once, since_s = 0.0, 0, began_s
    for at_s, step in edges:
        excess_s += max(0, at_once - scenario.scenario.most_users) * (at_s - since_s)
        at_once, since_s = at_once + step, at_s
    if excess_s > _moving_s(all_, scenario):
        yield f"{scenario.name}: more at once than users planned, by {excess_s:.2f} user seconds"


def _moving_s(all_: Evidence, scenario: ScenarioFigures) -> float:
    """Who leaves or gives users away ends what is in flight, for as long as the target takes; and
    who does not hear of it goes on until it rests (seed 313785)."""
    case = all_.case
    moves = case.late + sum(event.kind == "sigterm" for event in case.events)
    of_one = ceil(scenario.scenario.most_users / max(1, case.workers))
    longest_s = 0.0 if all_.target_is_sound else scenario.scenario.timeout_s
    if any(t.kind in ("cut", "hold", "lose") and t.direction != "up" for t in case.troubles):
        longest_s += SILENT_S
    return MOVING_S + moves * of_one * longest_s


def silent_rest(all_: Evidence) -> Iterator[str]:
    """A worker that no longer hears the master starts nothing new."""
    for attempt in all_.firsts:
        heard = all_.outcome.heard.get(f"{attempt.host}_0")
        if heard is None:
            continue
        before = bisect_right(heard, attempt.at_s)
        silent_s = attempt.at_s - heard[before - 1] if before else attempt.at_s
        if silent_s > SILENT_S + 0.01 and not _just_woke(all_, attempt):
            yield f"{attempt.host} began an operation {silent_s:.2f} s after the master's last word"
            return


def newest_word_obeyed(all_: Evidence) -> Iterator[str]:
    """Who has heard that the load is over begins nothing, whatever older words come after it."""
    yield from all_.outcome.gone_back[:1]
    for worker, words in all_.outcome.words.items():
        newest, rests_since_s = -1, NEVER
        mine = [a.at_s for a in all_.firsts if f"{a.host}_0" == worker]
        for at_s, state in [*words, (NEVER, None)]:
            if state is not None and state.seq < newest:
                continue
            between = bisect_left(mine, at_s) - bisect_right(mine, rests_since_s + 0.001)
            if rests_since_s < at_s and between > 0:
                yield f"{worker} began {between} operations after it had heard of the end"
                return
            if state is not None:
                newest = state.seq
                is_over = state.phase in ("drain", "end")
                rests_since_s = min(rests_since_s, at_s) if is_over else NEVER


def _just_woke(all_: Evidence, attempt: Attempt) -> bool:
    return any(
        host == attempt.host and 0 <= attempt.at_s - until_s < AS_SOON_S
        for host, _, until_s in all_.outcome.stood_still
    )


def orphans_rest(all_: Evidence) -> Iterator[str]:
    """When the master is gone for good, the load ends."""
    for name, at_s, code in all_.outcome.exits:
        if name == MASTER and code is None:
            late = [a for a in all_.attempts if a.at_s > at_s + ORPHANED_S]
            if late:
                after_s = late[-1].at_s - at_s
                yield f"{late[-1].host} made load {after_s:.1f} s after the master's end"


def over_is_over(all_: Evidence) -> Iterator[str]:
    """After a verdict that counts nothing more reaches the target."""
    if all_.status in ("PASS", "FAIL"):
        late = [a for a in all_.attempts if a.at_s > all_.outcome.judged_s]
        if late:
            yield f"{len(late):,} attempts after the verdict, the first by {late[0].host}"


def losses_are_named(all_: Evidence) -> Iterator[str]:
    """Who was lost, is named; and a run without it is worth nothing."""
    if all_.status is None:
        return
    for worker in all_.figures.workers:
        if not worker.final and all_.status != "INVALID":
            yield f"{all_.status} without the last word of {worker.id}"
        if not worker.final and worker.id not in all_.named() and " more" not in all_.named():
            yield f"{worker.id} was lost and is not named"
    for name, at_s, code in all_.outcome.exits:
        took_part = [a for a in all_.attempts if a.host == name and a.at_s <= at_s]
        in_mid_run = code is None and took_part and at_s < all_.outcome.judged_s
        if in_mid_run and all_.status != "INVALID" and not _said_goodbye(all_, name, at_s):
            yield f"{all_.status} although {name} was killed in mid-run"


def _said_goodbye(all_: Evidence, name: str, at_s: float) -> bool:
    view = all_.figures.collector.workers.get(f"{name}_0")
    return view is not None and view.final and view.heard_s <= at_s - all_.outcome.zero_s


def pass_is_deserved(all_: Evidence) -> Iterator[str]:
    """The load was made, and the target kept the limits."""
    if all_.status != "PASS":
        return
    for scenario in all_.figures.scenarios:
        if scenario.ended_early or scenario.search is not None:
            continue
        yield from _load_was_made(all_, scenario)
        yield from _limits_were_kept(all_, scenario)
    ran = sum(len(s.stages) for s in all_.figures.scenarios)
    planned = sum(len(s.stages()) for s in all_.case.scenarios)
    searched = any(s.search or s.ended_early for s in all_.figures.scenarios)
    if ran < planned and not searched:
        yield f"PASS, and {ran} of {planned} stages ran"


def _load_was_made(all_: Evidence, scenario: ScenarioFigures) -> Iterator[str]:
    for stage in scenario.judged_stages:
        planned = stage.planned
        if planned is None:
            continue
        begun = all_.begun_between(*all_.stage_at(stage))
        if scenario.scenario.shape == "step_stress" and not all_.target_is_sound:
            begun += stage.record.missed  # there none is a breach by itself (seed 313648)
        slack = 4 + all_.case.workers + 0.1 * planned + 2.0 * (stage.stage.rate or 0.0) * 0.1
        if scenario.scenario.arrivals == "poisson":
            slack += 5 * sqrt(planned)
        if begun < planned - slack:
            yield f"PASS: {begun:,} operations begun in {stage.name}, {planned:.0f} planned"


def _limits_were_kept(all_: Evidence, scenario: ScenarioFigures) -> Iterator[str]:
    spans = [all_.stage_at(stage) for stage in scenario.judged_stages]
    own = [a for a in all_.firsts if any(b <= a.at_s < e for b, e in spans)]
    good_keys = {
        a.key for a in all_.attempts if a.status == 201 and a.took_s < scenario.scenario.timeout_s
    }
    bad = sum(a.key not in good_keys for a in own)
    if bad > 0.01 * len(own) + 2:
        yield f"PASS: the target let {bad:,} of {len(own):,} operations of {scenario.name} down"
    slow = sum(a.took_s > LIMIT_MS / 1e3 * 1.01 for a in own if a.key in good_keys)
    if slow > 0.10 * len(own) + 2:
        yield f"PASS: {slow:,} of {len(own):,} operations of {scenario.name} took too long"


def fail_is_deserved(all_: Evidence) -> Iterator[str]:
    """Nothing that the generator does is the target's failure."""
    if all_.status == "FAIL" and all_.target_is_sound and not _was_cut_short(all_):
        assert all_.outcome.result is not None
        checks = [c for s in all_.outcome.result.scenarios for c in s.checks if c.status == "FAIL"]
        why = "; ".join(f"{c.metric} {c.actual}" for c in checks)
        yield f"FAIL ({why}), and the target did nothing wrong"


def _was_cut_short(all_: Evidence) -> bool:
    """Of arrivals at random some may come within the time of one reply, and the last of them is
    missed when its stage ends just then: few and of no length, but a breach (seed 312817)."""
    assert all_.outcome.result is not None
    return all_.status == "FAIL" and all(
        check.metric == "missed"
        and scenario.scenario.arrivals == "poisson"
        and all(
            stage.record.unfinished.max_us < 2e6 * all_.case.usual_s
            for stage in scenario.judged_stages
        )
        for told, scenario in zip(
            all_.outcome.result.scenarios, all_.figures.scenarios, strict=True
        )
        for check in told.checks
        if check.status == "FAIL"
    )


def sound_runs_pass(all_: Evidence) -> Iterator[str]:
    """Nothing happened: PASS. Only the target was at fault: whatever, but not INVALID."""
    if not all_.generator_is_sound:
        return
    if all_.target_is_sound and all_.status != "PASS" and not _was_cut_short(all_):
        yield f"{all_.status} of an undisturbed run: {_first_reason(all_)}"
    elif all_.status == "INVALID" and _target_was_there(all_) and not _is_left_open(all_):
        yield f"INVALID, and nothing but the target was at fault: {_first_reason(all_)}"


def _is_left_open(all_: Evidence) -> bool:
    """A percentile that what never ended or began leaves open is undecided, whoever is at fault; at
    other shapes than steps of stress so many missed arrivals are a breach by themselves."""
    assert all_.outcome.result is not None
    return not all_.named() and all(
        check.status != "FAIL"
        and (
            check.status != "INSUFFICIENT"
            or UNFINISHED in check.detail
            or _few_came(all_, scenario, check.metric)
        )
        for told, scenario in zip(
            all_.outcome.result.scenarios, all_.figures.scenarios, strict=True
        )
        for check in told.checks
    )


def _few_came(all_: Evidence, scenario: ScenarioFigures, metric: str) -> bool:
    """In the closed model a target that is slow gets fewer requests than a percentile needs."""
    if scenario.scenario.rate is not None or not metric.startswith("p"):
        return False
    needed = ceil(log(0.05) / log(float(metric[1:]) / 100))
    return sum(all_.begun_between(*all_.stage_at(s)) for s in scenario.judged_stages) < needed


def _target_was_there(all_: Evidence) -> bool:
    """It took part from the beginning on."""
    begin_s = all_.outcome.zero_s + 0.5
    return not any(b.from_s <= begin_s <= b.until_s for b in all_.case.behaviours)


def _first_reason(all_: Evidence) -> str:
    result = all_.outcome.result
    if result is None:
        return "no verdict"
    reasons = [f"{v.id}: {v.actual}" for v in result.validity if v.status == "FAIL"]
    reasons += [
        f"{c.id}: {c.actual}, {c.detail}"
        for s in result.scenarios
        for c in s.checks
        if c.status != "PASS"
    ]
    return reasons[0] if reasons else "no reason"


def seconds_are_right(all_: Evidence) -> Iterator[str]:
    """What the charts and windows have for each second is what reached the target by then."""
    if all_.status is None or not all_.figures.stages or all_.outcome.stood_still:
        return
    from_s = _clocks_right_from_s(all_)
    if not all_.trusts_all or from_s is None:
        return
    told: dict[int, int] = {}
    for stage in all_.figures.stages:
        for row in stage.rows():
            told[row.second] = told.get(row.second, 0) + row.started
    so_far = 0
    peak = max((s.rate or 0.0 for s in all_.case.scenarios), default=0.0)
    if not peak:
        return
    for second in range(max(told, default=0)):
        so_far += told.get(second, 0)
        really = bisect_right(all_.first_times, all_.outcome.zero_s + second + 1.0)
        if second + 1.0 < from_s:
            continue
        if abs(so_far - really) > 3 + 0.06 * peak + 0.002 * really:
            yield f"by second {second + 1} {so_far:,} begun as told, {really:,} at the target"
            return


def _clocks_right_from_s(all_: Evidence) -> float | None:
    """From this second of the run on each worker has heard a word that was quick on its way; None
    where words were lost, or more happened."""
    harmless = all(event.kind in HARMLESS for event in all_.case.events)
    if not harmless or any(t.kind not in ("slow", "hold", "repeat") for t in all_.case.troubles):
        return None
    began_s = all_.outcome.zero_s + all_.figures.stages[0].started_s
    joined_s = all_.case.joins_s.values()  # one that comes in the midst of it, too (seed 333919)
    early = [
        t.until_s
        for t in all_.case.troubles
        if t.kind != "repeat"
        and (t.from_s < began_s or any(t.from_s < at_s < t.until_s for at_s in joined_s))
    ]
    return max(early, default=0.0) - all_.outcome.zero_s + 2.2


def stages_on_time(all_: Evidence) -> Iterator[str]:
    """The plan's instants, by nobody's time of day."""
    if all_.status not in ("PASS", "FAIL"):
        return
    still = any(host in ("master", "local") for host, _, _ in all_.outcome.stood_still)
    for scenario in all_.figures.scenarios:
        if scenario.ended_early or scenario.search is not None or still:
            continue
        begins = starts_s(scenario.scenario.stages())
        first_s = scenario.stages[0].started_s
        for stage, planned_s in zip(scenario.stages, begins, strict=False):
            if abs(stage.started_s - first_s - planned_s) > 0.05:
                yield f"{stage.name} began {stage.started_s - first_s - planned_s:+.3f} s off plan"


PROMISES: tuple[Callable[[Evidence], Iterator[str]], ...] = (
    ends,
    has_a_verdict,
    says_why,
    counts_agree,
    times_agree,
    owner_is_right,
    pauses_show,
    never_too_much,
    silent_rest,
    newest_word_obeyed,
    orphans_rest,
    over_is_over,
    losses_are_named,
    pass_is_deserved,
    fail_is_deserved,
    sound_runs_pass,
    seconds_are_right,
    stages_on_time,
)


def broken(outcome: Outcome) -> list[str]:
    """`promise: how it was broken`; none when all were kept."""
    evidence = Evidence(outcome)
    return [
        f"{promise.__name__}: {sentence}" for promise in PROMISES for sentence in promise(evidence)
    ]
