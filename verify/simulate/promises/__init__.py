"""What must hold of every run, whatever befell it: checked from the other side's tables.

Each promise yields a sentence for each way in which it is broken. What was reported is compared
with what the target counted, what the network carried and what the seed has drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from verify.simulate.one_run import Outcome
from verify.simulate.promises import blame, counts, end, load, times, verdict
from verify.simulate.promises.evidence import Evidence

PROMISES: tuple[Callable[[Evidence], Iterator[str]], ...] = (
    end.ends,
    verdict.has_a_verdict,
    verdict.says_why,
    counts.counts_agree,
    times.times_agree,
    times.owner_is_right,
    times.pauses_show,
    load.never_too_much,
    end.silent_rest,
    end.newest_word_obeyed,
    end.orphans_rest,
    end.over_is_over,
    counts.losses_are_named,
    counts.leavers_are_heard,
    verdict.pass_is_deserved,
    verdict.standstill_fails,
    verdict.fail_is_deserved,
    verdict.sound_runs_pass,
    blame.cause_is_right,
    blame.any_check_is_right,
    counts.seconds_are_right,
    load.stages_on_time,
)


def broken(outcome: Outcome) -> list[str]:
    """`promise: how it was broken`; none when all were kept."""
    evidence = Evidence(outcome)
    return [
        f"{promise.__name__}: {sentence}" for promise in PROMISES for sentence in promise(evidence)
    ]
