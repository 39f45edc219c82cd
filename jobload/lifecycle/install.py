"""Hands Locust's events to the one object of this process that minds them."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import psutil
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.event import Events
from locust.runners import LocalRunner, MasterRunner, Runner, WorkerRunner

from jobload.judge.exit_code import CONFIGURATION_ERROR
from jobload.lifecycle.files import as_locust_reads
from jobload.lifecycle.heap import freeze_heap
from jobload.lifecycle.keyboard import keep_keys_off_the_users
from jobload.lifecycle.options import add_options
from jobload.lifecycle.port.worker_token import (
    TokenError,
    demand_token,
    find_token,
    own_token_for_processes,
)
from jobload.lifecycle.port.workers_port import WorkersPort
from jobload.lifecycle.signals import keep_locust_off_the_signals
from jobload.lifecycle.steady_clock import keep_locust_off_the_wall_clock
from jobload.lifecycle.worker.own_processes import (
    end_forked_workers_with_this_process,
    explain_taken_port,
    forks_workers,
)
from jobload.lifecycle.worker.worker import become_worker, cache_default_options
from jobload.load.own_users.locust_hooks import hook_into_locust

if TYPE_CHECKING:
    from jobload.lifecycle.leader.leader import Leader
    from jobload.lifecycle.target.embedded import EmbeddedTarget

_INSTALLED = "_jobload_installed"
OF_A_SCRIPT = (
    "jobload does not judge an Environment that a script makes: leave it to jobload run -f to make"
    " one, or leave install(events) out."
)
NOT_IN_PROC = (
    "This process does not find itself in /proc, without which Locust does not run: mount it (mount"
    " -t proc proc /proc), or take a container that has it."
)


def install(events: Events, early: EmbeddedTarget | None = None) -> None:
    """To be called in the locustfile; `jobload run` has done so already, and may have started the
    embedded target by then."""
    if hasattr(events, _INSTALLED):
        return
    setattr(events, _INSTALLED, True)
    hook_into_locust()
    keep_locust_off_the_wall_clock()
    keep_locust_off_the_signals()
    keep_keys_off_the_users()
    cache_default_options()
    port = _secure_workers_port()
    events.init_command_line_parser.add_listener(
        lambda parser, **_: add_options_if_locust_runs(parser)
    )
    listen(events, port, early)
    _import_what_leads(sys.argv[1:], os.environ)
    # Most of it, and so most of the time that it takes: from when it has connected a worker is
    # counted on, and one that joins a run has to make load at once.
    freeze_heap()


def add_options_if_locust_runs(parser: LocustArgumentParser) -> None:
    """Locust 2.47 would show a traceback of a greenlet of each process, and go on."""
    try:
        psutil.Process()
    except psutil.Error:
        _refuse(NOT_IN_PROC)
    add_options(parser)


def _import_what_leads(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Before it forks workers, which need not do so again; a worker does without."""
    if not as_locust_reads(arguments, environ).worker:
        import_module("jobload.lifecycle.leader.leading_process")


def listen(events: Events, port: WorkersPort, early: EmbeddedTarget | None = None) -> None:
    """To what Locust tells of one process, whatever it becomes."""
    leaders: list[Leader] = []
    events.init.add_listener(
        lambda environment, runner, **_: _become(environment, runner, leaders, port, early)
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
        _refuse(str(error))
    port = WorkersPort()
    port.guard()
    if token is not None:
        demand_token(token, port.refusals)
    return port


def _become(
    environment: Environment,
    runner: Runner | None,
    leaders: list[Leader],
    port: WorkersPort,
    early: EmbeddedTarget | None,
) -> None:
    if runner is not None and environment.parsed_options is None:
        _refuse(OF_A_SCRIPT)
    logging.getLogger("locust.runners").addFilter(_is_no_advice_on_the_spawn_rate)
    if isinstance(runner, WorkerRunner):
        become_worker(environment, runner)
    elif isinstance(runner, LocalRunner | MasterRunner):
        from jobload.lifecycle.leader.leading_process import become_leader

        leaders.append(become_leader(environment, runner, port, early))
    freeze_heap()


def _refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(CONFIGURATION_ERROR)


def _is_no_advice_on_the_spawn_rate(record: logging.LogRecord) -> bool:
    """It is ours, and as high as the plan wants it."""
    return "spawn rate is very high" not in record.msg
