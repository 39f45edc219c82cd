"""Interleaved rounds: in each, every generator does every load once, one after the other.

So do the target with and without its Redis call, with jobload as their generator.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from bench.disturbance import disturbance_watch
from bench.external import Run, external, spoken_to
from bench.flow import STEPS
from bench.load import Load, Outcome
from bench.share import share_of_maximum
from bench.target import WITH, WITHOUT, targets

KIB = 1024
SIZES = (KIB, 4 * KIB, 8 * KIB)
RATES = (50, 200, 500, 2000)
COMPARED_RATES = (200, 2000)
SHARE = "open 60 % of the maximum"
FIXED = "closed 1 KiB"
FLOWS = {count: f"flow {count} step{'s' if count > 1 else ''}" for count in STEPS}
WITH_FLOWS = ("jobload", "fasthttp", "k9")
OPEN_S = 3.0
TARGET = "target 1 KiB"

Key = tuple[str, str]
"""(generator, load): ("fasthttp", "closed 1 KiB")."""
Round = dict[Key, Outcome]


@dataclass(frozen=True, slots=True)
class Plan:
    url: str
    server_core: int
    core: int
    reference: str | None
    closed_s: float = 1.5
    open_s: float = OPEN_S


def one_round(plan: Plan, number: int) -> Round:
    """The processes are new in each round, and the order of the loads changes."""
    with _generators(plan) as generators:
        done: Round = {}
        order = random.Random(number)
        for key, load in _shuffled(order, _closed(plan, generators)):
            done[key] = _run(generators, key, load)
        for key, load in _shuffled(order, _open(plan, generators)):
            done[key] = _run(generators, key, load)
        with disturbance_watch(plan.server_core, plan.core) as watch:
            done["jobload", SHARE] = share_of_maximum(watch, generators["jobload"], plan.url, KIB)
        return done | target_round(plan, generators["jobload"], order)


def target_round(plan: Plan, generator: Run, order: random.Random) -> Round:
    done: Round = {}
    with targets(plan.server_core, plan.core) as started:
        for name in order.sample((WITH, WITHOUT), 2):
            target = started[name]
            run = partial(target.measured, generator)
            load = Load(target.url, KIB, seconds=plan.closed_s)
            done[name, TARGET] = _run({name: run}, (name, TARGET), load)
    return done


def _shuffled(order: random.Random, planned: Iterator[tuple[Key, Load]]) -> list[tuple[Key, Load]]:
    """What is compared with each other stays together: the machine's speed changes with time."""
    loads: dict[str, list[tuple[Key, Load]]] = {}
    for key, load in planned:
        group = FIXED if load.steps else key[1]  # which flows are compared with
        loads.setdefault(group, []).append((key, load))
    groups = list(loads.values())
    order.shuffle(groups)
    for together in groups:
        order.shuffle(together)
    return [item for together in groups for item in together]


@contextmanager
def _generators(plan: Plan) -> Iterator[dict[str, Run]]:
    with ExitStack() as stack:
        started = dict(stack.enter_context(external(plan.core)))
        for kind in ("jobload", "fasthttp", "http"):
            command = [sys.executable, "-m", "bench.locust_generator", kind]
            started[kind] = stack.enter_context(spoken_to(command, plan.core))
        if plan.reference is not None:
            started["go"] = stack.enter_context(spoken_to([plan.reference], plan.core))
        yield started


def _run(generators: dict[str, Callable[[Load], Outcome]], key: Key, load: Load) -> Outcome:
    return generators[key[0]](load).checked(" ".join(key))


def _closed(plan: Plan, generators: dict[str, Run]) -> Iterator[tuple[Key, Load]]:
    for size in SIZES:
        for name in generators:
            if name != "k9" and (size == KIB or name in ("jobload", "fasthttp", "go")):
                load = Load(plan.url, size, seconds=plan.closed_s)
                yield (name, f"closed {size // KIB} KiB"), load
    for count, called in FLOWS.items():
        for name in WITH_FLOWS:
            if name in generators:
                yield (name, called), Load(plan.url, KIB, seconds=plan.closed_s, steps=count)


def _open(plan: Plan, generators: dict[str, Run]) -> Iterator[tuple[Key, Load]]:
    for rate in RATES:
        for name in ("jobload", "fasthttp", "go"):
            if name == "jobload" or (name in generators and rate in COMPARED_RATES):
                load = Load(plan.url, KIB, rate=rate, seconds=plan.open_s)
                yield (name, f"open {rate}/s"), load
