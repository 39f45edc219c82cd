"""The process that judges, local or master: holds the run, and owns the one way out of it."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import gevent
from locust import log
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner

from jobload.judge.exit_code import INVALID
from jobload.lifecycle.end_times import FINAL_WITHIN_S
from jobload.lifecycle.leader.audit import audit_run, forget_run
from jobload.lifecycle.leader.exit_code_of_process import ExitCodeOfProcess
from jobload.lifecycle.leader.load_processes import LoadProcesses
from jobload.lifecycle.leader.progress_log import Console
from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.leader.run_end import conclude
from jobload.lifecycle.leader.workers import WorkerProcesses
from jobload.lifecycle.observe.observer import Observer
from jobload.lifecycle.observe.prometheus import Prometheus
from jobload.lifecycle.run_setup import RunSetup
from jobload.lifecycle.target.target_of_run import TargetOfRun
from jobload.load.http.descriptors import Reserve
from jobload.measure.figures import EndReason

OWN_SIGNAL_WITHIN_S = 1.0
"""Who ends a whole group of processes may reach the workers before this one."""
RAISED = (
    "A listener or greenlet raised after the verdict, and its traceback is above, so this is no"
    " pass (exit 3)."
)
STOP_TIMEOUT_S = 3600.0
"""Locust never cuts users off: what is in flight ends by itself or is censored by us."""


class Leader:
    def __init__(
        self, environment: Environment, runner: LocalRunner | MasterRunner, processes: LoadProcesses
    ) -> None:
        self.environment = environment
        self.runner = runner
        self.processes = processes
        self.prepared: RunSetup | None = None
        """What the command line asks for, read before Locust fills in defaults of its own."""
        self.run: Run | None = None
        self.latest: Run | None = None
        """The run, also after it has ended."""
        self._observer: Observer | None = None
        self._reserve = Reserve()
        self.has_quit = False
        """Whether the process ends in order, with an exit code of ours."""
        self.give_up_waiting: Callable[[], None] = lambda: None
        """Whoever is to look at the metrics once more when it has."""
        self.exit_code = ExitCodeOfProcess(environment)
        self.target = TargetOfRun(environment)
        self.console = Console(environment.parsed_options)

    @property
    def is_master(self) -> bool:
        return isinstance(self.runner, MasterRunner)

    def begin(self, run: Run) -> None:
        self.run = self.latest = run
        self._reserve.hold()
        self.exit_code.run_begins()
        self.environment.stop_timeout = STOP_TIMEOUT_S
        log.unhandled_greenlet_exception = False

    def observe(self, run: Run) -> None:
        """Until it is concluded."""
        if run.setup.observe is not None:
            prometheus = Prometheus(run.setup.observe, os.environ)
            now_s, tell = lambda: run.elapsed_s, self.console.note
            self._observer = Observer(prometheus, run.observed, now_s, tell)
            self._observer.start()

    def say(self, run: Run) -> None:
        """Tells all processes where the run stands."""
        self.processes.tell(run.say())

    def finish(self, reason: EndReason, detail: str = "", settle_s: float = 0.0) -> None:
        """Drains, judges, reports and sets the exit code, once; later callers wait for that.

        Whatever ends a run comes through here: the last stage, the Stop button, a signal, a crash,
        the last worker gone.
        """
        run = self.run
        if run is None:
            return
        if run.finishing:
            # The drain goes on, so that nothing is lost that would have come.
            if run.interrupt_end(reason):
                self.say(run)
        else:
            run.end(reason, detail)
            # In a greenlet of its own, because Locust kills the shape's when its last worker quits.
            gevent.spawn(self._end, run, settle_s)
        self.await_end()

    def await_end(self) -> bool:
        """False where the workers' words come in, some of which the end of the run waits for."""
        run = self.run
        if run is None or not run.finishing:
            return True
        if not self.processes.may_wait():
            return False
        run.over.wait()
        return True

    def _end(self, run: Run, settle_s: float) -> None:
        try:
            self.say(run)
            gevent.sleep(settle_s)
            with self.console.waiting(run.state.drain_s):
                self._await_finals(run)
            self._conclude(run)
        finally:
            self.run = None
            self.environment.stop_timeout = 0.0
            run.conclude()

    def on_test_start(self) -> None:
        """Others that hear of it may ask for how many users they have to prepare, and none is
        started yet."""
        if self.run is not None:
            self.runner.target_user_count = self.run.setup.scenarios[0].most_users

    def on_stopping(self) -> None:
        """Locust stops the test, and it was not us who ended it."""
        if self.processes.active():
            self.finish("stopped")
        else:
            self.finish("aborted", "the last worker was lost", OWN_SIGNAL_WITHIN_S)

    def on_leaving(self, processes: WorkerProcesses, worker: str) -> None:
        """Called where the workers' words come in, so that nothing may be awaited here."""
        if not processes.on_leaving(self.run, worker):
            sentence = f"the last worker, {worker}, was told to end"
            gevent.spawn(self.finish, "aborted", sentence, OWN_SIGNAL_WITHIN_S)

    def on_quit(self) -> None:
        """After all other listeners: what raised since the verdict leaves no pass behind."""
        options: Any = self.environment.parsed_options
        if not options.headless or self.latest is None:
            return
        if log.unhandled_greenlet_exception:
            self.exit_code.run_ends(INVALID)
            self.console.error(RAISED)
        runner = self.runner
        failed = bool(runner.errors or runner.exceptions)
        if sentence := self.exit_code.settle(options.exit_code_on_error if failed else 0):
            self.console.note(sentence)

    def on_exit(self) -> None:
        """Somebody's sys.exit() goes past Locust with an exit code that nobody here is told, and so
        does what no event catches, or a file that Locust can't write. A listener of `quit` may
        raise after Locust has settled its own."""
        settled = self.environment.process_exit_code
        options: Any = self.environment.parsed_options
        has_raised = options.headless and log.unhandled_greenlet_exception and not settled
        if self.latest is None or (self.has_quit and not has_raised):
            return
        code = settled or INVALID
        when = "in mid-run" if self.run is not None else "after the verdict, out of turn"
        ended = f"Something ended the process {when}; exit code {code} stands."
        self.console.error(RAISED if self.has_quit else ended)
        self.target.stop()
        sys.stdout.flush()
        os._exit(code)

    def shape_crashed(self, error: Exception) -> None:
        sentence = f"the shape: {type(error).__name__}: {error}"
        self.console.error(sentence)
        self.console.debug(traceback.format_exc())
        if self.run is not None:
            self.run.add_crash(sentence)
            self.finish("crashed", sentence)

    def _await_finals(self, run: Run) -> None:
        asked_s = run.elapsed_s
        while run.elapsed_s < asked_s + run.state.drain_s + FINAL_WITHIN_S:
            views = run.collector.workers.values()
            if all(v.final or v.lost or self.processes.is_gone(v.id) for v in views):
                return
            gevent.sleep(0.01)

    def _conclude(self, run: Run) -> None:
        self._reserve.release()
        for worker, view in run.collector.workers.items():
            if not view.final:
                run.collector.write_off(worker)
        if log.unhandled_greenlet_exception:
            run.add_crash("a listener or greenlet of this process raised; its traceback is above")
            log.unhandled_greenlet_exception = False
        if self._observer is not None:
            self._observer.stop()
            self._observer = None
        self.console.end_progress()
        try:
            for position, audit in audit_run(run, by_default=self.target.is_aimed_at).items():
                run.begun[position].audit = audit
            self.exit_code.run_ends(conclude(run, self.console.report))
        except Exception as error:
            self.exit_code.run_ends(INVALID)
            self.console.error(f"The verdict could not be reached: {type(error).__name__}: {error}")
            self.console.debug(traceback.format_exc())
        if self.target.is_kept_for_more:
            forget_run(run)
