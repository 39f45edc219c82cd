"""What is one for a whole process, and has to be one for each simulated host.

Here are most of the names of Locust and jobload that a simulation reaches into.
"""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import gevent.pool
import psutil
from locust import log, runners
from locust.argument_parser import get_parser

import jobload.lifecycle.leader.run as run_module
import jobload.lifecycle.leader.run_end as run_end
import jobload.lifecycle.leader.run_start as run_start
import jobload.lifecycle.signals as lifecycle_signals
import jobload.lifecycle.target.probe as target_probe
import jobload.lifecycle.worker.worker as lifecycle_worker
import jobload.load.pacing.dispatcher as dispatcher_module
import jobload.load.users.arrival_user as user_module
from jobload.lifecycle.options import add_options
from jobload.lifecycle.port.workers_port import WorkersPort
from jobload.lifecycle.run_setup import RunSetup
from jobload.lifecycle.steady_clock import keep_locust_off_the_wall_clock
from jobload.lifecycle.worker.worker import cache_default_options
from jobload.load.pacing.alarm import LoopAlarm
from jobload.measure.figures import RunFigures
from jobload.plan.strict_model import StrictModel
from jobload.report.result.model import Result
from jobload.report.result.stage_model import ResultModel
from verify.simulate import virtual_loop
from verify.simulate.target import Target, client_factory
from verify.simulate.transport import Network, put_in_place
from verify.simulate.virtual_loop import NOBODY, Host, current_host

RUN_ID = "20261128-110000-{:06x}"
MASTER_PORT = 5557
_NO_FRAMES = [(None,)] * 2
_NO_FRAME = SimpleNamespace(filename="", lineno=0)
"""Locust looks up who stops a runner, only to say it: that was a fifth of a seed's time."""
raised: dict[str, bool] = {}
"""Whether something raised, by name of the host."""


class _HostsLog(ModuleType):
    """`locust.log`, whose note of what raised is one for each host."""

    @property
    def unhandled_greenlet_exception(self) -> bool:
        return raised.get(current_host().name, False)

    @unhandled_greenlet_exception.setter
    def unhandled_greenlet_exception(self, value: bool) -> None:
        raised[current_host().name] = value


class InOrder(dict[Any, None]):
    """A set whose order is that of its making, and not of addresses in memory."""

    def add(self, each: Any) -> None:
        self[each] = None

    def discard(self, each: Any) -> None:
        self.pop(each, None)

    remove = dict.__delitem__


def _ordered_group() -> None:
    groups: Any = gevent.pool.Group
    plain = groups.__init__

    def ordered(group: Any, *arguments: Any) -> None:
        plain(group, *arguments)
        group.greenlets, group.dying = InOrder.fromkeys(group.greenlets), InOrder()

    groups.__init__ = ordered


def once_for_all_seeds() -> None:
    """Whatever does not depend on the seed."""
    sys.argv = ["locust"]
    keep_locust_off_the_wall_clock()
    cache_default_options()
    _ordered_group()
    log.__class__ = _HostsLog
    places: Any = runners
    places.greenlet_exception_logger = lambda *_: _note_exception
    places.uuid4 = lambda: SimpleNamespace(hex="0")
    places.socket = SimpleNamespace(gethostname=lambda: current_host().name)
    places.psutil = SimpleNamespace(Process=_Process)
    places.inspect = SimpleNamespace(stack=lambda: _NO_FRAMES, getframeinfo=lambda _: _NO_FRAME)
    places.time.time = _never_the_same(places.time.time)
    machine: Any = psutil
    machine.cpu_times = lambda: SimpleNamespace(steal=0.0)
    dispatchers: Any = dispatcher_module
    dispatchers.exact_alarm = lambda loop, ring: LoopAlarm(loop, ring, dispatchers.perf_counter)
    _build_models()


def _build_models() -> None:
    """Else each seed would, when it uses one for the first time."""
    models = [StrictModel, ResultModel]
    for model in models:
        model.model_rebuild()
        models += model.__subclasses__()


def _never_the_same(clock: Callable[[], float]) -> Callable[[], float]:
    """Locust numbers its spawn messages by the time, which passes between any two of them."""
    last: dict[Host, float] = {}

    def later() -> float:
        host = current_host()
        last[host] = max(clock(), last.get(host, 0.0) + 1e-6)
        return last[host]

    return later


def _note_exception(greenlet: Any) -> None:
    raised[greenlet.spawn_tree_locals["host"].name] = True


class _Process:
    def cpu_percent(self) -> float:
        return 5.0

    def memory_info(self) -> SimpleNamespace:
        return SimpleNamespace(rss=100_000_000)


def parsed_options() -> Namespace:
    """As from the command line of a headless run, with the defaults of Locust and jobload."""
    parser = get_parser()
    add_options(parser)
    options: Namespace = parser.parse_args(["--headless", "--host", "http://127.0.0.1:1"])
    return options


def guarded_port() -> WorkersPort:
    port = WorkersPort()
    port.guard()
    return port


def for_this_seed(
    seed: int,
    setup: RunSetup,
    target: Target,
    network: Network,
    on_run: Callable[[str], None],
    on_result: Callable[[Result, RunFigures], None],
    end: Callable[[Host, int], None],
) -> None:
    """The files that a run is read from, the time of day in its name, its reports, the sockets."""
    put_in_place(network)
    places: Any = run_start
    places.setup_run = lambda *_, **__: setup
    places = user_module
    places.client_for = client_factory(target)
    places = target_probe
    places.HttpClient = client_factory(target)
    places = run_module

    def new_run_id() -> str:
        run = RUN_ID.format(seed)
        on_run(run)
        return run

    places.new_run_id = new_run_id
    places = run_end

    def write_reports(result: Result, figures: RunFigures, folder: Path) -> Path:
        on_result(result, figures)
        return folder

    places.write_reports = write_reports
    places.print_report = lambda *_: None
    places.environment = dict
    places = lifecycle_signals
    places.listen = lambda number, action: gevent.signal_handler(number, action, number)
    for each in (lifecycle_signals, lifecycle_worker):
        places = each
        places.end_at_the_latest = lambda within_s, code: _end_later(within_s, code, end)
    sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  # until this process ends


def _end_later(within_s: float, code: int, end: Callable[[Host, int], None]) -> None:
    """A thread of the process does it, whatever the event loop does."""
    host = current_host()
    loop = virtual_loop.loop
    loop.at(loop.now_s + within_s, NOBODY, _end_unless_dead, host, code, end)


def _end_unless_dead(host: Host, code: int, end: Callable[[Host, int], None]) -> None:
    if not host.is_dead:
        end(host, code)


def send_signal(host: Host, number: signal.Signals) -> None:
    """In that host, from outside."""
    for each in host.signals.get(number, []):
        if each.action is not None:
            each.action()
