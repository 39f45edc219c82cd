"""What a run says while it goes on. Tables and verdict are the report's."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import gevent

from jobload.lifecycle.leader.run import Run
from jobload.plan.scenario import Scenario
from jobload.plan.shapes.capacity_search import Tried, rate_text
from jobload.plan.shapes.custom import Custom
from jobload.report.terminal.progress import progress_line
from jobload.report.terminal.streams import tell
from jobload.report.text.plain import plain

QUIET_EVERY_S = 5
SILENT_WAIT_S = 5.0
ONLY_IMPLIED = (
    "No threshold file, so only the implied checks hold; limits of your own go into thresholds.yaml"
    " beside the scenarios, or the file that --thresholds names."
)
logger = logging.getLogger("jobload")


class Console:
    """Progress rewrites one line on a terminal; elsewhere it is a line every five seconds."""

    def __init__(self, options: Any) -> None:
        self._live = bool(options.headless)
        self._has_json = bool(options.json)
        self._terminal = sys.stderr.isatty()
        self._beats = 0

    @property
    def report(self) -> TextIO:
        """Where it goes: with --json Locust's figures are alone where programs read them."""
        return sys.stderr if self._has_json else sys.stdout

    def run_begins(self, run: Run) -> None:
        names = ", ".join(scenario.name for scenario in run.setup.scenarios)
        logger.info("Run %s against %s: %s", run.id, run.host, names)
        if run.setup.only_implied_checks:
            logger.info("%s", ONLY_IMPLIED)

    def scenario_begins(self, run: Run) -> None:
        self._beats = 0
        scenario = run.scenario
        rate = "no rate (closed model)" if scenario.rate is None else f"{scenario.rate:g}/s"
        if isinstance(scenario, Custom):
            length = "as long as the locustfile's own shape has it"
        elif run.sequence.is_complete:
            length = f"{scenario.total_s:g} s"
        else:
            length, rate = "as long as the search takes", f"up to {rate}"
        logger.info("Scenario %s: %s, %s, %s", scenario.name, scenario.shape, length, rate)

    def step_ends(self, scenario: Scenario, tried: Tried) -> None:
        """What a try of a capacity search came to."""
        word = {True: "passed", False: "failed", None: "undecided"}[tried.passed]
        why = f": {tried.reason}" if tried.reason else ""
        self.end_progress()
        logger.info("%s: %s/s %s%s", scenario.name, rate_text(tried.probe.rate), word, plain(why))

    def progress(self, run: Run) -> None:
        if not self._live or run.phase != "load":
            return
        self._beats += 1
        if not self._terminal and self._beats % QUIET_EVERY_S:
            return
        line = progress_line(run.scenario, run.live_stage(), run.elapsed_s)
        end = "" if self._terminal else "\n"
        start = "\r\x1b[K" if self._terminal else ""
        tell(f"{start}{line}", end=end)

    @contextmanager
    def waiting(self, within_s: float) -> Iterator[None]:
        """For what is in flight when a scenario, or the run, ends."""
        sentence = (
            f"Waits for operations in flight, {within_s:.0f} s at most: what timeout and retries of"
            " the scenario come to."
        )
        teller = gevent.spawn_later(SILENT_WAIT_S, self.note, sentence)
        try:
            yield
        finally:
            teller.kill()

    def end_progress(self) -> None:
        if self._live and self._terminal:
            tell("\r\x1b[K", end="")

    def error(self, sentence: str) -> None:
        self.end_progress()
        logger.error("\n".join(map(plain, sentence.splitlines())))

    def note(self, sentence: str) -> None:
        self.end_progress()
        logger.warning(plain(sentence))

    def debug(self, text: str) -> None:
        logger.debug(text)
