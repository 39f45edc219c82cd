"""What was reported is what the target counted, in all and by the second; losses are named."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from verify.simulate.promises.evidence import HARMLESS, TOLD_TO_END, Evidence


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


def leavers_are_heard(all_: Evidence) -> Iterator[str]:
    """Who is told to end, whoever else is, ends what it has in flight and tells of all of it."""
    case = all_.case
    if all_.status is None or case.troubles or case.late:
        return
    told = [event for event in case.events if event.kind not in HARMLESS]
    if not told or any(event.kind not in TOLD_TO_END for event in told):
        return
    if lost := [worker.id for worker in all_.figures.workers if not worker.final]:
        yield f"the last words of {', '.join(lost)} were lost"
        return
    total, begun = all_.figures.total(), len(all_.firsts)
    if total.started != begun or total.attempts != len(all_.attempts):
        yield (
            f"{total.started:,} operations with {total.attempts:,} attempts reported, and the"
            f" target saw {begun:,} with {len(all_.attempts):,}"
        )
    longest_s = max((a.took_s for a in all_.attempts), default=0.0)
    if total.censored and longest_s < min(s.timeout_s for s in case.scenarios):
        yield f"{total.censored:,} operations were not waited for"
