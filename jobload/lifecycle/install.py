"""Hands Locust's events to the one object of this process that minds them."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from typing import Any, NoReturn

from locust.env import Environment
from locust.event import Events
from locust.runners import LocalRunner, MasterRunner, Runner, WorkerRunner

from jobload.judge.exit_code import CONFIGURATION_ERROR, INVALID
from jobload.lifecycle.heap import freeze_heap
from jobload.lifecycle.leader.conductor import Conductor
from jobload.lifecycle.leader.expected_workers import expect_workers
from jobload.lifecycle.leader.exporter_feed import ExporterError, ExporterFeed
from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.load_processes import (
    OwnProcess,
    WorkerProcesses,
    hand_local_rows,
    on_local_snapshot,
)
from jobload.lifecycle.leader.run_start import RunStart
from jobload.lifecycle.leader.web_run_control import LeaderRunControl
from jobload.lifecycle.options import RunSetup, add_options, setup_run
from jobload.lifecycle.outside_options import exporter_settings
from jobload.lifecycle.port.worker_messages import (
    LEAVING_MESSAGE,
    ROWS_WANTED_MESSAGE,
    SNAPSHOT_MESSAGE,
)
from jobload.lifecycle.port.worker_token import (
    ADVICE,
    TokenError,
    demand_token,
    find_token,
    own_token_for_processes,
)
from jobload.lifecycle.port.workers_port import WorkersPort, bound_exceptions
from jobload.lifecycle.setting_names import warnings_about
from jobload.lifecycle.shapes import adopt_shapes, choose_shape
from jobload.lifecycle.signals import end_on_signal, on_signals
from jobload.lifecycle.steady_clock import keep_locust_off_the_wall_clock
from jobload.lifecycle.target.target_of_run import TargetError
from jobload.lifecycle.user_mix import users_of
from jobload.lifecycle.worker.own_processes import (
    end_forked_workers_with_this_process,
    explain_taken_port,
    forks_workers,
)
from jobload.lifecycle.worker.worker import Worker, cache_default_options
from jobload.load.own_shape import OwnShape
from jobload.load.process.agent import Agent, attach
from jobload.load.staged_shape import StagedShape
from jobload.load.users.arrival_user import ArrivalUser
from jobload.load.users.locust_feed import LocustFeed
from jobload.load.users.locust_hooks import hook_into_locust, own_user_of
from jobload.plan.loopback import leads_to_loopback
from jobload.plan.problem import PlanError
from jobload.report.terminal.streams import accept_any_text
from jobload.web.login.key import WebSettingsError
from jobload.web.web_ui import add_pages

logger = logging.getLogger("jobload")
_INSTALLED = "_jobload_installed"


def install(events: Events) -> None:
    """To be called in the locustfile; `jobload run` has done so already."""
    if hasattr(events, _INSTALLED):
        return
    setattr(events, _INSTALLED, True)
    hook_into_locust()
    keep_locust_off_the_wall_clock()
    cache_default_options()
    port = _secure_workers_port()
    events.init_command_line_parser.add_listener(lambda parser, **_: add_options(parser))
    listen(events, port)
    # Most of it, and so most of the time that it takes: from when it has connected a worker is
    # counted on, and one that joins a run has to make load at once.
    freeze_heap()


def listen(events: Events, port: WorkersPort) -> None:
    """To what Locust tells of one process, whatever it becomes."""
    leaders: list[Leader] = []
    events.init.add_listener(
        lambda environment, runner, **_: _become(environment, runner, leaders, port)
    )
    # Locust calls these in reverse order: at the front, it comes after everyone's.
    events.quitting._handlers.insert(0, lambda **_: _quit(leaders))


def _quit(leaders: list[Leader]) -> None:
    for leader in leaders:
        leader.on_quit()


def _secure_workers_port() -> WorkersPort:
    """Before Locust opens it, and before it starts processes of its own."""
    own_token_for_processes(os.environ, sys.argv[1:])
    explain_taken_port()
    if forks_workers(os.environ, sys.argv[1:]):
        end_forked_workers_with_this_process()
    try:
        token = find_token(os.environ)
    except TokenError as error:
        print(error, file=sys.stderr)
        sys.exit(CONFIGURATION_ERROR)
    port = WorkersPort()
    port.guard()
    if token is not None:
        demand_token(token, port.refusals)
    return port


def _become(
    environment: Environment, runner: Runner, leaders: list[Leader], port: WorkersPort
) -> None:
    logging.getLogger("locust.runners").addFilter(_is_no_advice_on_the_spawn_rate)
    if isinstance(runner, WorkerRunner):
        _become_worker(environment, runner)
    elif isinstance(runner, LocalRunner | MasterRunner):
        leaders.append(_become_head(environment, runner, port))
    freeze_heap()


def _become_worker(environment: Environment, runner: WorkerRunner) -> None:
    worker = Worker(environment, runner)
    attach(environment, worker.agent)
    _hear_own_users(environment, worker.agent)
    environment.events.test_start.add_listener(lambda **_: worker.on_test_start())
    environment.events.test_stopping.add_listener(lambda **_: worker.on_test_stopping())
    environment.events.quitting.add_listener(lambda **_: worker.on_quitting())
    environment.events.user_error.add_listener(_crash_reporter(worker.agent))
    on_signals(worker.on_signal)
    # A run may have begun here before this: Locust reads what the master sends from the start.
    worker.on_test_start()


def _become_head(
    environment: Environment, runner: LocalRunner | MasterRunner, port: WorkersPort
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
    leader.prepared = _prepare_or_leave(environment, runner)
    feed = _start_exporter(leader)
    on_signals(end_on_signal(leader))
    _start_target(leader)
    if feed is not None:
        _await_exporter(leader, feed)
    run_start = RunStart(leader)
    StagedShape.conductor = Conductor(leader, run_start)
    _add_pages(environment, LeaderRunControl(leader, run_start))
    environment.events.test_start._handlers.insert(0, lambda **_: leader.on_test_start())
    environment.events.test_stopping.add_listener(lambda **_: leader.on_stopping())
    environment.events.quitting.add_listener(lambda **_: leader.on_stopping())
    environment.events.quit.add_listener(lambda **_: _leave_in_order(leader, feed))
    if isinstance(runner, MasterRunner):
        expect_workers(leader, runner, run_start)
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
    attach(environment, agent)
    _hear_own_users(environment, agent)
    environment.events.user_error.add_listener(_crash_reporter(agent))
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
    environment.events.worker_connect.add_listener(lambda **_: processes.on_connect(leader.run))
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


def _prepare_or_leave(environment: Environment, runner: Runner) -> RunSetup | None:
    """Headless, whatever is wrong with the options ends the process before any load."""
    options: Any = environment.parsed_options
    if not options.headless:
        return None
    try:
        has_own_shape = isinstance(environment.shape_class, OwnShape)
        return setup_run(options, users_of(environment), os.environ, has_own_shape=has_own_shape)
    except PlanError as error:
        _leave(runner, str(error), CONFIGURATION_ERROR)


def _start_exporter(leader: Leader) -> ExporterFeed | None:
    """None: nobody is told of the run while it goes on. It starts beside the target."""
    options: Any = leader.environment.parsed_options
    try:
        settings = exporter_settings(options)
    except PlanError as error:
        _leave(leader.runner, str(error), CONFIGURATION_ERROR)
    if settings is None:
        return None
    feed = ExporterFeed(leader, settings)
    leader.give_up_waiting = feed.give_up_waiting
    return feed


def _await_exporter(leader: Leader, feed: ExporterFeed) -> None:
    try:
        feed.await_ready()
    except ExporterError as error:
        _leave(leader.runner, str(error), INVALID)


def _leave_in_order(leader: Leader, feed: ExporterFeed | None) -> None:
    """The exit code is settled, and the workers are told to end."""
    leader.has_quit = True
    if feed is not None:
        leader.target.stop()
        feed.end()


def _start_target(leader: Leader) -> None:
    try:
        leader.target.start()
    except PlanError as error:
        _leave(leader.runner, str(error), CONFIGURATION_ERROR)
    except TargetError as error:
        _leave(leader.runner, str(error), INVALID)
    atexit.register(leader.target.stop)
    atexit.register(leader.on_exit)


def _add_pages(environment: Environment, control: LeaderRunControl) -> None:
    if environment.web_ui is None:
        return
    try:
        add_pages(environment.web_ui, control)
    except WebSettingsError as error:
        assert environment.runner is not None
        _leave(environment.runner, str(error), CONFIGURATION_ERROR)


def _leave(runner: Runner, sentence: str, code: int) -> NoReturn:
    print(sentence, file=sys.stderr)
    runner.quit()
    sys.exit(code)


def _hear_own_users(environment: Environment, agent: Agent) -> None:
    """Users that are all ours report for themselves, and need no event for each request."""
    if any(not issubclass(user, ArrivalUser) for user in users_of(environment).values()):
        agent.requests.listen(environment)


def _crash_reporter(agent: Agent) -> Any:
    """What a task of somebody's own raises has failed its operation, which is all."""

    def report(user_instance: Any, exception: Exception, **_: object) -> None:
        user = getattr(user_instance, "user", user_instance)
        if (own := own_user_of(user)) is not None and own.blamed is exception:
            return
        name = type(user_instance).__name__
        agent.report_crash(f"{name}: {type(exception).__name__}: {exception}")

    return report


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


def _is_no_advice_on_the_spawn_rate(record: logging.LogRecord) -> bool:
    """It is ours, and as high as the plan wants it."""
    return "spawn rate is very high" not in record.msg
