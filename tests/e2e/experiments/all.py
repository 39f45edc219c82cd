"""The experiments: the longest first, then those that can share the machine with another one."""

from functools import partial

from e2e.experiments.block import block
from e2e.experiments.causes import causes, virtual_causes
from e2e.experiments.experiment import Experiment
from e2e.experiments.freeze import freeze
from e2e.experiments.limit import limit
from e2e.experiments.mixture import mixture
from e2e.experiments.nothing_lost import nothing_lost
from e2e.experiments.outlier import outlier
from e2e.experiments.overload import overload
from e2e.experiments.own_time import own_time
from e2e.experiments.pacing import pacing
from e2e.experiments.queue import queue
from e2e.experiments.redis_stopped import redis_hangs, redis_killed
from e2e.experiments.shared_core import shared_core
from e2e.experiments.stage_times import joining, slow_to_wake
from e2e.experiments.stall import stall
from e2e.experiments.steps import steps
from e2e.experiments.too_few_users import too_few_users
from e2e.experiments.unread import unread
from e2e.experiments.worker_killed import worker_killed

_FIRST_ANSWER_AFTER = {f"{s:g} s": partial(slow_to_wake, first_s=s) for s in (9.0, 2.5, 0.0)}
EXPERIMENTS = (
    Experiment("V14 causes", causes),
    Experiment("V1 stall", stall),
    Experiment("V7 overload", overload),
    Experiment("V3 mixture", mixture),
    *(
        Experiment(f"V16 first answer after {after}", run, mode="workers")
        for after, run in _FIRST_ANSWER_AFTER.items()
    ),
    Experiment("V16 a worker joins", joining, mode="workers"),
    Experiment("V8 block", block),
    Experiment("V4 limit", limit, sturdy=True),
    Experiment("nothing lost", nothing_lost, sturdy=True),
    Experiment("V10 unread replies", unread, alone=True),
    Experiment("V12 freeze", freeze, sturdy=True),
    Experiment("V13 too few users", too_few_users, sturdy=True),
    Experiment("V17 steps", steps, alone=True),
    Experiment("V17 steps", steps, mode="processes", alone=True, long=True),
    Experiment("V17 steps", steps, mode="workers", alone=True, long=True),
    Experiment("V14 causes in virtual time", virtual_causes, sturdy=True),
    Experiment("V1 stall", stall, mode="processes", long=True),
    Experiment("V2 outlier", outlier),
    Experiment("V3 mixture", mixture, mode="processes", long=True),
    Experiment("V3 mixture", mixture, mode="workers", workers=4, long=True),
    Experiment("V5 pacing", pacing),
    Experiment("V5 pacing", pacing, mode="processes", long=True),
    Experiment("V6 queue", queue),
    Experiment("V10 unread replies", unread, mode="processes", alone=True, long=True),
    Experiment("V11 shared core", shared_core, alone=True, busy=True),
    Experiment("V11 shared core", shared_core, mode="processes", alone=True, busy=True, long=True),
    Experiment("V12 freeze", freeze, mode="processes", long=True),
    Experiment("V13 too few users", too_few_users, mode="processes", long=True),
    Experiment("the server's own time", own_time, alone=True, busy=True),
    Experiment("V14 causes", causes, mode="processes", long=True),
    Experiment("job worker killed", worker_killed, long=True),
    Experiment("Redis hangs", redis_hangs, long=True),
    Experiment("Redis killed", redis_killed, long=True),
)
