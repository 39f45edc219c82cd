"""Tells of a run what its process has counted so far, numbered, once a second."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

import gevent
from gevent import getcurrent
from gevent.hub import get_hub

from jobload.load.http.readiness import AFTER_READINESS
from jobload.load.pacing.run_clock import RunClock
from jobload.load.process.cpu_meter import CpuMeter
from jobload.measure.error_counts import writable
from jobload.measure.snapshot import Snapshot
from jobload.measure.stage_record import StageRecord

if TYPE_CHECKING:
    from jobload.load.process.process_run import ProcessRun

CORRECTED_S = 0.05
"""The clock of the run may be set back by as much between two reports."""
MAX_CRASHES = 20
MAX_CRASH_CHARACTERS = 500


class Reporter:
    """`send` is called with every snapshot. `process` tells this process from one before it that
    had the same name."""

    def __init__(self, run: ProcessRun, process: str, send: Callable[[Snapshot], None]) -> None:
        self._run = run
        self._process = process
        self._send = send
        self._seq = 0
        self._reported_at_s = perf_counter()
        self._looked_s = perf_counter()
        """When each reply that had come by then has been read since."""
        self._crashes: list[str] = []
        self.cpu = CpuMeter()
        self._greenlet: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        self.report()
        self._run.plan.rows.stock_up()
        self._greenlet = gevent.spawn(self._report_every_second, self._run.clock)

    def stop(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill(block=False)

    def _report_every_second(self, clock: RunClock) -> None:
        while True:
            clock.wait_for_next_second()
            self._let_replies_be_read()
            self.report()
            self._run.plan.rows.stock_up()

    def _let_replies_be_read(self) -> None:
        """Where the process stood still until now, they lie there. Once round the event loop, and
        what is in flight then had no reply when that began."""
        hub = get_hub()
        timer = hub.loop.timer(0.0, priority=AFTER_READINESS)
        self._looked_s = perf_counter()
        timer.start(getcurrent().switch)
        try:
            hub.switch()
        finally:
            timer.stop()
            timer.close()

    def add_crash(self, sentence: str) -> None:
        shown = writable(sentence[:MAX_CRASH_CHARACTERS])
        if len(self._crashes) < MAX_CRASHES and shown not in self._crashes:
            self._crashes.append(shown)

    def _second(self) -> int:
        """That of the run in which most of what is new since the last report has happened: the one
        that had begun then, for each is reported when it ends. Where a report is late, the process
        stood still, and did nothing after that end."""
        now_s, before_s = perf_counter(), self._reported_at_s
        self._reported_at_s = now_s
        began_s = self._run.clock.elapsed_s - (now_s - before_s)
        return max(0, int(began_s + min(CORRECTED_S, (now_s - before_s) / 2)))

    def report(self, final: bool = False) -> None:
        run, agent = self._run, self._run.agent
        self.cpu.account(run.recorder.current)
        agent.dispatcher.count_users()
        run.flush()
        agent.note_raised()
        self._seq += 1
        traced, untold = agent.notes.take_traced()
        self._send(
            Snapshot(
                run_id=run.plan.assignment.run_id,
                worker=agent.worker,
                process=self._process,
                seq=self._seq,
                second=self._second(),
                obeyed=run.obeyed,
                idle=run.idle,
                final=final,
                users=agent.dispatcher.users,
                in_flight=run.recorder.in_flight,
                backlog=agent.dispatcher.backlog,
                cpu_percent=self.cpu.percent,
                pauses=list(run.silence.sentences),
                crashes=list(self._crashes),
                stages=run.recorder.reports(final, self._add_states),
                ledger=run.recorder.ledger.entries if final else [],
                ledger_complete=run.recorder.ledger.is_complete,
                rows=run.plan.rows.uses(),
                rows_missing=run.plan.rows.missing,
                traced=traced,
                traced_untold=untold,
            )
        )

    def _add_states(self, stage: StageRecord, copy: StageRecord) -> None:
        now_s, dispatcher = perf_counter(), self._run.agent.dispatcher
        if stage is dispatcher.stage:
            copy.waiting = dispatcher.backlog
            dispatcher.note_waits(copy, now_s)
        # A report is due at a whole second.
        late_s = max(self._run.clock.elapsed_s % 1.0, now_s - self._looked_s)
        self._run.agent.users.add_states(stage, copy, now_s, late_s)
