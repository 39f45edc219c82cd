"""Everything comes to its end, and what is to rest rests."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from verify.simulate.hosts import MASTER
from verify.simulate.promises.evidence import AS_SOON_S, SILENT_S, Evidence
from verify.simulate.target import Attempt
from verify.simulate.virtual_loop import NEVER

ORPHANED_S = 10.0


def ends(all_: Evidence) -> Iterator[str]:
    """Every run comes to its end, and so does every process."""
    outcome = all_.outcome
    if outcome.exit_code is None and not all_.master_was_killed:
        yield f"the run has not ended by second {all_.case.deadline_s:.0f}"
        return
    # Locust lets one that came too late look for a master for five minutes.
    if left := [name for name in outcome.still_there if name in outcome.connected]:
        yield f"{', '.join(left)} did not end"


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


def _just_woke(all_: Evidence, attempt: Attempt) -> bool:
    return any(
        host == attempt.host and 0 <= attempt.at_s - until_s < AS_SOON_S
        for host, _, until_s in all_.outcome.stood_still
    )


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
