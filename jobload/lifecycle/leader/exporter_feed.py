"""Tells the exporter, once a second, how the run stands, and at its end what it came to."""

from __future__ import annotations

import logging

import gevent

from jobload.judge.exit_code import INTERRUPTED
from jobload.lifecycle.leader.exporter import PUSHED_WITHIN_S, Exporter
from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.run import Run
from jobload.live.check_watch import CheckWatch
from jobload.live.metrics.frame import TracedOperation
from jobload.live.metrics.frame_of_run import frame_of
from jobload.measure.snapshot import MOST_TRACED
from jobload.web.exporter.exporter_messages import ExporterSettings

EVERY_S = 1.0
logger = logging.getLogger("jobload")
INTERRUPTED_WITHIN_S = 3.0


class ExporterFeed:
    """Lives as long as the process that leads."""

    def __init__(self, leader: Leader, settings: ExporterSettings) -> None:
        self._leader = leader
        self._watch = CheckWatch(self)
        self._told = ""
        """The id of the run whose end has been told."""
        self._said: set[str] = set()
        self._pushes = settings.otlp is not None
        self.exporter = Exporter(settings, self._on_problem)
        self._greenlet = gevent.spawn(self._tell_every_second)

    @property
    def run(self) -> Run | None:
        return self._leader.latest

    def _on_problem(self, sentence: str) -> None:
        if sentence in self._said:
            return
        self._said.add(sentence)
        self._leader.console.note(sentence)
        if self._leader.run is not None:
            self._leader.run.add_note(sentence)

    def _tell_every_second(self) -> None:
        while True:
            gevent.sleep(EVERY_S)
            self._tell()

    def _tell(self) -> None:
        run = self.run
        if run is None or run.id == self._told:
            return
        is_last = run.result is not None
        try:
            self._watch.look()
            self._note_untold(run)
            self.exporter.tell(frame_of(run, self._watch), _traced(run))
        except Exception as error:
            self._on_problem(f"Metrics could not be told: {type(error).__name__}: {error}")
        if is_last:
            self._told = run.id

    def _note_untold(self, run: Run) -> None:
        """Before the result is made of it, or else it is only logged."""
        views = run.collector.workers.values()
        untold = any(view.newest is not None and view.newest.traced_untold for view in views)
        if self._pushes and untold:
            self._on_problem(
                "More operations are traced than can be pushed as spans, of each process at most"
                f" {MOST_TRACED} a second; with a smaller share (--trace) all are."
            )

    def end(self) -> None:
        """The process is about to go. After an interruption nobody is waited for that scrapes."""
        self._greenlet.kill()
        self._tell()
        if (run := self.run) is not None:
            interrupted = run.state.reason in INTERRUPTED
            self.exporter.await_pushed(INTERRUPTED_WITHIN_S if interrupted else PUSHED_WITHIN_S)
            if not interrupted:
                self._await_last_look()
        self.exporter.close()

    def _await_last_look(self) -> None:
        if within_s := self.exporter.last_look_within_s:
            logger.info(
                "Up to %.0f s for one more scrape of the metrics; Ctrl+C ends it.", within_s
            )
        self.exporter.await_last_look()


def _traced(run: Run) -> list[TracedOperation]:
    """Those that are new."""
    began_unix_s = run.began_unix_s
    found = []
    for worker, traced in run.collector.take_traced():
        position, index = traced.key
        own = run.begun[position]
        stage = own.sequence.stages[index]
        found.append(
            TracedOperation(
                run.id, began_unix_s, own.scenario.name, stage.name, worker, traced.operation
            )
        )
    return found
