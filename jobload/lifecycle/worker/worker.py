"""A worker process: takes part in the master's runs."""

from __future__ import annotations

import contextlib
import functools
import logging
import signal
from typing import Any

import gevent
from locust import argument_parser, log, runners
from locust.env import Environment
from locust.exception import RPCError
from locust.runners import WorkerRunner

from jobload.lifecycle.end_times import FINAL_WITHIN_S, LEAVE_WITHIN_S
from jobload.lifecycle.given_agent import give_agent
from jobload.lifecycle.port.worker_messages import (
    ASSIGNMENT_OPTION,
    LEAVING_MESSAGE,
    ROWS_MESSAGE,
    ROWS_WANTED_MESSAGE,
    SNAPSHOT_MESSAGE,
    STATE_MESSAGE,
)
from jobload.lifecycle.port.worker_token import objection_without_token
from jobload.lifecycle.signals import end_at_the_latest, on_signals
from jobload.lifecycle.target.own_hosts import give_host
from jobload.lifecycle.user_mix import are_of_others, sends_payload, sources_of, users_of
from jobload.lifecycle.worker.sendable_statistics import make_sendable
from jobload.load.process.agent import Agent
from jobload.load.process.assignment import Assignment
from jobload.load.process.state import from_wire
from jobload.load.rows.messages import MalformedRowsError, Wanted, decode_answer
from jobload.load.rows.messages import encode as encode_rows
from jobload.load.users.locust_feed import LocustFeed
from jobload.measure.snapshot import Snapshot, encode
from jobload.plan.sent_files import lacking_files

NO_PLAN = (
    "The master is of plain Locust and has no plan, so nothing is loaded from here. Start it by"
    " `jobload run --master`, or this worker by `locust --worker`."
)
logger = logging.getLogger("jobload")


class Worker:
    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        self.environment = environment
        self.runner = runner
        self.agent = Agent(
            runner.client_id,
            lambda: max(runner.worker_index, 0),
            self._send,
            LocustFeed(environment),
            has_raised=lambda: log.unhandled_greenlet_exception,
            objection=self._objection,
            ask_for_rows=self._ask_for_rows,
        )
        self._sources = sources_of(environment)
        environment.process_exit_code = 0
        _await_the_first_word_too(runner)
        _outlive_statistics(runner)
        runner.register_message(STATE_MESSAGE, self._on_state, concurrent=True)
        runner.register_message(ROWS_MESSAGE, self._on_rows, concurrent=True)

    def _objection(self, assignment: Assignment) -> str | None:
        wanted = sorted({name for each in assignment.scenarios for name in each.users_mix})
        here, told = self._sources, assignment.sources
        lacking = [name for name in wanted if name not in users_of(self.environment)]
        others = [n for n in wanted if are_of_others(here.get(n, {}), told.get(n, {}))]
        if lacking or others:
            what = f"{'no' if lacking else 'another'} user class {', '.join(lacking or others)}"
            return (
                f"{self.runner.client_id} has {what}: give each worker the locustfile of its master"
            )
        return objection_without_token(assignment) or self._lack(assignment)

    def _lack(self, assignment: Assignment) -> str | None:
        """Files that users of the plan would read here, told before there is any load."""
        if assignment.origin is None:
            return None
        users = users_of(self.environment)
        lacking = dict.fromkeys(
            sentence
            for each in assignment.scenarios
            for sentence in lacking_files(each, sends_payload(users, each))
        )
        return f"{self.runner.client_id}: {'; '.join(lacking)}" if lacking else None

    def _tell(self, message: str, packed: Any) -> None:
        """Locust says a dict, and packs what it gets."""
        try:
            self.runner.send_message(message, packed)
        except RPCError as error:
            # The next one holds all that this one does; the master notices the silence.
            logger.warning("The master could not be told: %s", error)

    def _send(self, snapshot: Snapshot) -> None:
        self._tell(SNAPSHOT_MESSAGE, encode(snapshot))
        if snapshot.final:
            # Nothing is left to wait for, and Locust would sleep for as long as it says here.
            self.environment.stop_timeout = 0.0
            log.unhandled_greenlet_exception = False  # said; the next run is another matter

    def _ask_for_rows(self, wanted: Wanted) -> None:
        """Not in the greenlet of the user that took one, which has an operation to begin."""
        gevent.spawn(self._tell, ROWS_WANTED_MESSAGE, encode_rows(wanted))

    def _on_rows(self, msg: Any, **_: object) -> None:
        with contextlib.suppress(MalformedRowsError):  # it is asked again
            self.agent.hear_rows(decode_answer(msg.data))

    def _on_state(self, msg: Any, **_: object) -> None:
        if (state := from_wire(msg.data)) is not None:
            self.agent.follow(state)

    def on_test_start(self) -> None:
        if not self.join():
            logger.warning(NO_PLAN)

    def join(self) -> bool:
        """False if the master has told of no run."""
        text = getattr(self.environment.parsed_options, ASSIGNMENT_OPTION, None)
        if not isinstance(text, str):
            return False
        assignment = Assignment.from_json(text)
        give_host(users_of(self.environment), assignment.origin)
        self.agent.begin(assignment)
        return True

    def on_test_stopping(self) -> None:
        self.agent.finish(self.agent.drain_s)

    def on_quitting(self) -> None:
        """Somebody wants this process to end. If a run goes on, others must take its load over."""
        if self.agent.takes_part:
            self._tell(LEAVING_MESSAGE, None)
        self.agent.finish(self.agent.drain_s)

    def on_signal(self, number: signal.Signals) -> None:
        """Locust ends the process at SIGTERM by itself, through `on_quitting`, but at no other."""
        end_at_the_latest(self.agent.drain_s + FINAL_WITHIN_S + LEAVE_WITHIN_S, 128 + number)
        self.on_quitting()
        self.runner.quit()


def become_worker(environment: Environment, runner: WorkerRunner) -> None:
    worker = Worker(environment, runner)
    give_agent(environment, worker.agent)
    environment.events.test_start.add_listener(lambda **_: worker.on_test_start())
    environment.events.test_stopping.add_listener(lambda **_: worker.on_test_stopping())
    environment.events.quitting.add_listener(lambda **_: worker.on_quitting())
    environment.events.report_to_master.add_listener(lambda data, **_: make_sendable(data))
    on_signals(worker.on_signal)
    # A run may have begun here before this: Locust reads what the master sends from the start.
    worker.join()


def _await_the_first_word_too(runner: WorkerRunner) -> None:
    """Locust 2.47 ends a worker whose master has been silent for a minute, but not before its first
    heartbeat: one whose master goes at once would wait for ever."""
    if runner.last_heartbeat_timestamp is None:
        runner.last_heartbeat_timestamp = vars(runners)["time"].time()  # as Locust does it


def _outlive_statistics(runner: WorkerRunner) -> None:
    """A listener of somebody's own may put in what no message can carry; Locust 2.47 would never
    come to the end of this process then."""
    plain = runner._send_stats

    def send() -> None:
        try:
            plain()
        except RPCError:
            raise
        except Exception as error:
            logger.warning("Locust's statistics, which no verdict reads, were not sent: %s", error)

    vars(runner)["_send_stats"] = send


def cache_default_options() -> None:
    """Lets a worker take a spawn message in 15 instead of 200 ms.

    To be called before it connects: one that joins a run may be sent users at once.

    Locust 2.47 rebuilds its argument parser for each option of each spawn message
    (`runners.py`, `WorkerRunner.handle_message`, "spawn": `default_args_dict()` inside the
    comprehension), during which no request is sent or timed. Drop this when Locust mends it.
    """
    if not hasattr(argument_parser.default_args_dict, "cache_info"):
        argument_parser.default_args_dict = functools.lru_cache(argument_parser.default_args_dict)
