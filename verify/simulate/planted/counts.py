"""Faults in what is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jobload.lifecycle.leader.leading_process as leading_process
from jobload.lifecycle.leader.leader import Leader
from jobload.load.http.success import Success
from jobload.load.pacing.dispatcher import Dispatcher
from jobload.load.users.request_course import RequestCourse
from jobload.measure.collector import Collector, WorkerView
from verify.simulate.planted.faults import Faults, substitute, wrap

FAULTS = Faults()


@FAULTS.planted(34)
def snapshot_merged_twice() -> None:
    """One that the network repeats is added once more."""

    def take(plain: Any, collector: Any, snapshot: Any, now_s: float) -> Any:
        view = collector.workers.get(snapshot.worker)
        known = view is not None and view.newest is not None
        if known and snapshot.seq == view.newest.seq and not snapshot.final:
            for report in snapshot.stages:
                view.stages[report.key].merge(report.record)
        return plain(collector, snapshot, now_s)

    wrap(Collector, "take", take)


@FAULTS.planted(27)
def snapshot_of_any_age_taken() -> None:
    """The one that comes last is taken for the newest."""

    def take(plain: Any, collector: Any, snapshot: Any, now_s: float) -> Any:
        view = collector.workers.get(snapshot.worker)
        if view is not None and view.newest is not None and snapshot.seq < view.newest.seq:
            for report in snapshot.stages:
                view.stages[report.key] = report.record
        return plain(collector, snapshot, now_s)

    wrap(Collector, "take", take)


@FAULTS.planted(1)
def final_dropped() -> None:
    def take(plain: Any, collector: Any, snapshot: Any, now_s: float) -> Any:
        return None if snapshot.final else plain(collector, snapshot, now_s)

    wrap(Collector, "take", take)


@FAULTS.planted(0)
def final_not_needed() -> None:
    """Who said anything at all has said its last word."""
    substitute(WorkerView, "final", property(lambda view: view.newest is not None))


@FAULTS.planted(66)
def deaf_when_the_last_active_has_gone() -> None:
    """As Locust does it: who hears the workers is ended when the last that was active quits."""

    def quit_at_once(runner: Any, leader: Leader) -> None:
        plain = runner.quit

        def quit_() -> None:
            if runner.clients.all:
                plain()
            else:
                runner.stop(send_stop_to_client=False)
                runner.greenlet.kill(block=True)

        runner.quit = quit_

    substitute(leading_process, "quit_after_the_verdict", quit_at_once)


@FAULTS.planted(41)
def lost_worker_forgotten() -> None:
    """With all that it did."""
    substitute(Collector, "write_off", lambda collector, worker: collector.workers.pop(worker))
    wrap(Leader, "_conclude", _with_a_copy_of_the_roster)


def _with_a_copy_of_the_roster(plain: Any, leader: Any, run: Any) -> None:
    for worker in [w for w, view in run.collector.workers.items() if not view.final]:
        run.collector.write_off(worker)
    plain(leader, run)


@FAULTS.planted(37)
def older_run_counts() -> None:
    """A snapshot of another run is one of this."""

    def receive(plain: Any, collector: Any, sender: str, packed: object, now_s: float) -> Any:
        from jobload.measure.snapshot import decode

        collector.run_id, own = decode(packed).run_id, collector.run_id
        try:
            collector.bounds._begun, begun = None, collector.bounds._begun
            return plain(collector, sender, packed, now_s)
        finally:
            collector.run_id, collector.bounds._begun = own, begun

    wrap(Collector, "receive", receive)


@FAULTS.planted(352)
def namesake_unnoticed() -> None:
    """What a process says under the name of another is dropped as old."""

    def take(plain: Any, collector: Any, snapshot: Any, now_s: float) -> Any:
        view = collector.workers.get(snapshot.worker)
        if view is not None and view.newest is not None and view.newest.process != snapshot.process:
            return collector._dropped("stale")
        return plain(collector, snapshot, now_s)

    wrap(Collector, "take", take)


@FAULTS.planted(20)
def missed_not_counted() -> None:
    def miss(dispatcher: Any, now_s: float) -> None:
        dispatcher.note_waits(dispatcher.stage, now_s)
        dispatcher._backlog.clear()

    substitute(Dispatcher, "_miss", miss)


@FAULTS.planted(228)
def retry_not_an_attempt() -> None:
    def retry(plain: Any, course: Any, endpoint: Any, *args: Any) -> Any:
        before = endpoint.attempts, endpoint.retries
        found = plain(course, endpoint, *args)
        endpoint.attempts, endpoint.retries = before
        return found

    wrap(RequestCourse, "_retry", retry)


@FAULTS.planted(15)
def any_reply_is_good() -> None:
    def of(plain: Any, expect: Any) -> Any:
        return replace(plain(expect), statuses=frozenset(range(100, 600)))

    plain = Success.of
    substitute(Success, "of", lambda expect: of(plain, expect))
