"""Makes a process the one that leads: a local one, or the master of workers."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, Runner
from locust.web import WebUI

from jobload.judge.exit_code import CONFIGURATION_ERROR, INVALID
from jobload.lifecycle.given_agent import give_agent, stop_once
from jobload.lifecycle.leader.conductor import Conductor
from jobload.lifecycle.leader.expected_workers import expect_workers
from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.own_process import OwnProcess, hand_local_rows, on_local_snapshot
from jobload.lifecycle.leader.run_start import RunStart
from jobload.lifecycle.leader.runner_stop import (
    hear_early_quit,
    hear_early_stop,
    quit_after_the_verdict,
)
from jobload.lifecycle.leader.workers import WorkerProcesses
from jobload.lifecycle.listening import listening
from jobload.lifecycle.outside_options import exporter_settings
from jobload.lifecycle.port.missing_workers import stop_without_the_missing
from jobload.lifecycle.port.worker_messages import (
    LEAVING_MESSAGE,
    ROWS_WANTED_MESSAGE,
    SNAPSHOT_MESSAGE,
)
from jobload.lifecycle.port.worker_token import ADVICE, find_token
from jobload.lifecycle.port.workers_port import WorkersPort, bound_exceptions
from jobload.lifecycle.setting_names import warnings_about
from jobload.lifecycle.shapes import adopt_shapes, choose_shape
from jobload.lifecycle.signals import end_on_signal, on_signals
from jobload.lifecycle.target.embedded import EmbeddedTarget, TargetError
from jobload.load.process.agent import Agent
from jobload.load.staged_shape import StagedShape
from jobload.load.users.locust_feed import LocustFeed
from jobload.plan.loopback import leads_to_loopback
from jobload.plan.problem import PlanError
from jobload.report.terminal.streams import accept_any_text

if TYPE_CHECKING:
    from jobload.lifecycle.leader.exporter_feed import ExporterFeed

logger = logging.getLogger("jobload")


def become_leader(
    environment: Environment,
    runner: LocalRunner | MasterRunner,
    port: WorkersPort,
    early: EmbeddedTarget | None,
) -> Leader:
    """Whatever is wrong ends the process before any load."""
    try:
        return _leader(environment, runner, port, early)
    except PlanError as error:
        _leave(runner, str(error), CONFIGURATION_ERROR)
    except TargetError as error:
        _leave(runner, str(error), INVALID)


def _leader(
    environment: Environment,
    runner: LocalRunner | MasterRunner,
    port: WorkersPort,
    early: EmbeddedTarget | None,
) -> Leader:
    accept_any_text()
    _quieten(environment)
    bound_exceptions(runner)
    for sentence in warnings_about(os.environ):
        logger.warning(sentence)
    leader = (
        _master(environment, runner, port)
        if isinstance(runner, MasterRunner)
        else _local(environment, runner)
    )
    leader.exit_code.idle()
    adopt_shapes(environment)
    choose_shape(environment)
    run_start = RunStart(leader)
    run_start.prepare()
    feed = _start_exporter(leader)
    if (web_ui := environment.web_ui) is not None and web_ui.port:  # 0: a free one
        # Else Locust shows where in its code it failed, and ends with exit code 0.
        listening(web_ui.host, web_ui.port, "--web-port").close()
    on_signals(end_on_signal(leader))
    leader.target.start(early)
    atexit.register(leader.target.stop)
    atexit.register(leader.on_exit)
    if feed is not None and not feed.exporter.gets_ready():
        _leave(runner, "The process that tells metrics did not start.", INVALID)
    StagedShape.conductor = Conductor(leader, run_start)
    if web_ui is not None:
        _add_pages(web_ui, leader, run_start)
    environment.events.test_start._handlers.insert(0, lambda **_: leader.on_test_start())
    environment.events.test_stopping.add_listener(lambda **_: leader.on_stopping())
    environment.events.quitting.add_listener(lambda **_: leader.on_stopping())
    environment.events.quit.add_listener(lambda **_: _leave_in_order(leader, feed))
    if isinstance(runner, MasterRunner):
        expect_workers(leader, runner, run_start)
        quit_after_the_verdict(runner, leader)
        hear_early_stop(runner)
        stop_once(runner, leader.processes.may_wait)
        stop_without_the_missing(runner)
    elif leader.prepared is not None:
        hear_early_quit(runner, run_start)
    return leader


def _local(environment: Environment, runner: LocalRunner) -> Leader:
    feed = LocustFeed(environment)
    agent = Agent(
        "local",
        lambda: 0,
        lambda snapshot: on_local_snapshot(leader.run, snapshot),
        feed,
        ask_for_rows=lambda wanted: hand_local_rows(leader.run, agent, wanted),
    )
    leader = Leader(environment, runner, OwnProcess(agent))
    give_agent(environment, agent)
    return leader


def _master(environment: Environment, runner: MasterRunner, port: WorkersPort) -> Leader:
    if not leads_to_loopback(runner.master_bind_host) and find_token(os.environ) is None:
        sentence = (
            f"Workers of other machines can reach this master ({runner.master_bind_host}), and so"
            f" can anyone. {ADVICE}, or bind it to this machine: --master-bind-host 127.0.0.1"
        )
        _leave(runner, sentence, CONFIGURATION_ERROR)
    processes = WorkerProcesses(runner)
    leader = Leader(environment, runner, processes)
    port.on_refused = lambda: leader.run.collector.refuse("unreadable") if leader.run else None
    environment.events.worker_connect.add_listener(lambda **_: processes.on_connect())
    environment.events.heartbeat_sent.add_listener(
        lambda client_id, **_: processes.on_heartbeat(client_id)
    )
    runner.register_message(
        SNAPSHOT_MESSAGE, lambda msg, **_: processes.on_snapshot(leader.run, msg.node_id, msg.data)
    )
    runner.register_message(
        ROWS_WANTED_MESSAGE,
        lambda msg, **_: processes.on_rows_wanted(leader.run, msg.node_id, msg.data),
    )
    runner.register_message(
        LEAVING_MESSAGE, lambda msg, **_: leader.on_leaving(processes, msg.node_id)
    )
    return leader


def _start_exporter(leader: Leader) -> ExporterFeed | None:
    """None: nobody is told of the run while it goes on. It starts beside the target."""
    options: Any = leader.environment.parsed_options
    if (settings := exporter_settings(options)) is None:
        return None
    from jobload.lifecycle.leader.exporter_feed import ExporterFeed

    feed = ExporterFeed(leader, settings)
    leader.give_up_waiting = feed.exporter.give_up_waiting
    return feed


def _leave_in_order(leader: Leader, feed: ExporterFeed | None) -> None:
    """The exit code is settled, and the workers are told to end."""
    leader.has_quit = True
    if feed is not None:
        leader.target.stop()
        feed.end()


def _add_pages(web_ui: WebUI, leader: Leader, run_start: RunStart) -> None:
    from jobload.lifecycle.leader.web_run_control import LeaderRunControl
    from jobload.web.login.key import WebSettingsError
    from jobload.web.web_ui import add_pages

    try:
        add_pages(web_ui, LeaderRunControl(leader, run_start))
    except WebSettingsError as error:
        _leave(leader.runner, str(error), CONFIGURATION_ERROR)


def _leave(runner: Runner, sentence: str, code: int) -> NoReturn:
    print(sentence, file=sys.stderr)
    runner.quit()
    sys.exit(code)


def _quieten(environment: Environment) -> None:
    """Headless, jobload's own lines and tables replace Locust's, unless those are asked for."""
    options: Any = environment.parsed_options
    if not options.headless:
        return
    if not options.print_stats:
        options.only_summary = True
        logging.getLogger("locust.stats_logger").disabled = True
    if options.loglevel == "INFO":
        logging.getLogger("locust.runners").setLevel(logging.WARNING)
