"""A share of the maximum, measured right after it, both while the machine is left alone."""

from __future__ import annotations

from dataclasses import replace

from bench.disturbance import QUIET_PERCENT, Watch
from bench.external import Run
from bench.load import Load, Outcome

SHARE_OF_MAXIMUM = 0.6
USERS = 100
WARM_UP_S = 0.2
MAXIMUM_S = 0.5
SHARE_S = 1.0
TRIES = 25


def share_of_maximum(watch: Watch, generator: Run, url: str, payload_bytes: int) -> Outcome:
    """At this load no spare time makes up for a core that is slow for a moment, so what is measured
    then is the machine. It is tried again until it is quiet; else the least disturbed try counts.
    Which one that is depends on a plain count on the same core, never on the outcome.
    """
    maximum = Load(url, payload_bytes, warm_up_s=WARM_UP_S, seconds=MAXIMUM_S)
    share = Load(url, payload_bytes, users=USERS, warm_up_s=WARM_UP_S, seconds=SHARE_S)
    done: list[Outcome] = []
    for number in range(1, TRIES + 1):
        watch.begin()
        most = generator(maximum).checked("the maximum").per_s
        before = watch.conditions()
        if not before.are_quiet and (number < TRIES or done):
            continue
        watch.begin()
        rate = SHARE_OF_MAXIMUM * most
        outcome = generator(replace(share, rate=rate)).checked(f"the maximum × {SHARE_OF_MAXIMUM}")
        disturbed = watch.conditions().disturbance(before)
        done.append(replace(outcome, disturbed_percent=disturbed, tries=number))
        if disturbed <= QUIET_PERCENT:
            return done[-1]
    return replace(min(done, key=lambda each: each.disturbed_percent), tries=TRIES)
