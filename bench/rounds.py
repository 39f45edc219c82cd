"""Interleaved rounds: in each, every generator does every load once, one after the other.

So do the target with and without its Redis call, with jobload as their generator.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from bench.compiled import ALONE, COMPILED
from bench.disturbance import disturbance_watch
from bench.external import Run, external, of_locust, spoken_to
from bench.flow import STEPS
from bench.load import Load, Outcome
from bench.share import share_of_maximum
from bench.target import WITH, WITHOUT, targets

KIB = 1024
SHARE = "open 60 % of the maximum"
FIXED = "closed 1 KiB"
FLOWS = {count: f"flow {count} step{'s' if count > 1 else ''}" for count in STEPS}
OURS = (COMPILED, ALONE)
OPEN_S = 3.0
TARGET = "target 1 KiB"

Key = tuple[str, str]
"""(generator, load): ("fasthttp", "closed 1 KiB")."""
Round = dict[Key, Outcome]

IN_ALL: dict[str, tuple[str, ...]] = {
    FIXED: (*OURS, "fasthttp", "go", "k9"),
    "closed 8 KiB": (*OURS, "fasthttp", "go"),
    **dict.fromkeys(FLOWS.values(), (*OURS, "k9")),
    "open 200/s": OURS,
    "open 2000/s": (*OURS, "fasthttp"),
}
"""What goals are about; who does each load."""
FEW_ROUNDS = 3
IN_FEW: dict[str, tuple[str, ...]] = {
    FIXED: ("http", "wrk", "hey", "k6", "autocannon", "pywrkr"),
    "closed 4 KiB": (*OURS, "fasthttp", "go"),
    "closed 8 KiB": ("k9",),
    **dict.fromkeys(FLOWS.values(), ("fasthttp", "autocannon", "pywrkr")),
    "open 50/s": (ALONE,),
    "open 200/s": ("fasthttp", "go", "k9"),
    "open 500/s": (ALONE,),
    "open 2000/s": ("go", "k9"),
}
"""What is shown besides, from the first rounds only: time is scarce."""


@dataclass(frozen=True, slots=True)
class Plan:
    url: str
    server_core: int
    core: int
    reference: str | None
    compiled: bool
    closed_s: float = 1.5
    open_s: float = OPEN_S


def one_round(plan: Plan, number: int) -> Round:
    """The processes are new in each round, and the order of the loads changes."""
    with _generators(plan, number) as generators:
        done: Round = {}
        order = random.Random(number)
        for is_open in (False, True):
            for key, load in _shuffled(order, _of_model(plan, number, is_open)):
                if key[0] in generators:
                    done[key] = _run(generators, key, load)
        with disturbance_watch(plan.server_core, plan.core) as watch:
            done[ALONE, SHARE] = share_of_maximum(watch, generators[ALONE], plan.url, KIB)
        return done | target_round(plan, generators[ALONE], order)


def target_round(plan: Plan, generator: Run, order: random.Random) -> Round:
    done: Round = {}
    with targets(plan.server_core, plan.core) as started:
        for name in order.sample((WITH, WITHOUT), 2):
            target = started[name]
            run = partial(target.measured, generator)
            load = Load(target.url, KIB, seconds=plan.closed_s)
            done[name, TARGET] = _run({name: run}, (name, TARGET), load)
    return done


def _shuffled(order: random.Random, loads: Iterable[tuple[Key, Load]]) -> list[tuple[Key, Load]]:
    """What is compared with each other stays together: the machine's speed changes with time."""
    by_group: dict[str, list[tuple[Key, Load]]] = {}
    for key, load in loads:
        group = FIXED if load.steps else key[1]  # which flows are compared with
        by_group.setdefault(group, []).append((key, load))
    groups = list(by_group.values())
    order.shuffle(groups)
    for together in groups:
        order.shuffle(together)
    return [item for together in groups for item in together]


@contextmanager
def _generators(plan: Plan, number: int) -> Iterator[dict[str, Run]]:
    wanted = {name for (name, _), _ in planned(plan, number)}
    kinds = {ALONE, "fasthttp", "http"} | ({COMPILED} if plan.compiled else set())
    with ExitStack() as stack:
        started = dict(stack.enter_context(external((plan.core,))))
        for kind in sorted(kinds & wanted):
            started[kind] = stack.enter_context(of_locust(kind, plan.core))
        if plan.reference is not None:
            started["go"] = stack.enter_context(spoken_to([plan.reference], plan.core))
        yield started


def _run(generators: dict[str, Callable[[Load], Outcome]], key: Key, load: Load) -> Outcome:
    return generators[key[0]](load).checked(" ".join(key))


def planned(plan: Plan, number: int) -> Iterator[tuple[Key, Load]]:
    for table in (IN_ALL, IN_FEW) if number <= FEW_ROUNDS else (IN_ALL,):
        for called, names in table.items():
            load = _load(plan, called)
            yield from (((name, called), load) for name in names)


def _of_model(plan: Plan, number: int, is_open: bool) -> Iterator[tuple[Key, Load]]:
    for key, load in planned(plan, number):
        if (load.rate is not None) is is_open:
            yield key, load


def _load(plan: Plan, called: str) -> Load:
    """Of "closed 8 KiB", "flow 4 steps", "open 200/s"."""
    model, number = called.split()[0], int(called.split()[1].partition("/")[0])
    closed = Load(plan.url, KIB, seconds=plan.closed_s)
    if model == "flow":
        return replace(closed, steps=number)
    if model == "open":
        return replace(closed, rate=number, seconds=plan.open_s)
    return replace(closed, payload_bytes=number * KIB)
