"""What goes wrong in a case: one misfortune after the other, or a known one alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from verify.simulate.case import Case, Event, Kind
from verify.simulate.target import Behaviour, Misbehaviour
from verify.simulate.transport import Direction, Ill, Trouble

LOAD_BEGINS_S = 2.0
"""About: the master looks once a second whether its workers are there, and then makes ready."""


class Misfortunes:
    def __init__(self, random: Random) -> None:
        self.random = random

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def behaviour(self, at_s: float) -> Behaviour:
        kind: Misbehaviour = self.random.choice(["freeze", "refuse", "fail", "slow"])
        until_s = at_s + self.random.choice([0.3, 1.0, 3.0, 30.0])
        much = {"fail": self.random.choice([0.1, 0.5, 1.0]), "slow": self.random.choice([0.2, 0.6])}
        return Behaviour(kind, at_s, until_s, much.get(kind, 1.0))

    def known_ill(self, names: Sequence[str], load_s: float) -> Trouble:
        """Each has once led somebody astray: a link that is dead in one direction, a start on which
        words take long, words that come in any order."""
        random, worker = self.random, self.random.choice(names)
        match random.choice(["deaf", "slow start", "held start", "any order"]):
            case "deaf":
                return Trouble("cut", random.uniform(1.2, 3.0), 2.0 + load_s + 30.0, worker, "up")
            case "slow start":
                until_s = 1.05 + random.uniform(0.0, 2.0)
                return Trouble("slow", 0.9, until_s, worker, "down", 1.0, random.uniform(0.5, 2.5))
            case "held start":
                return Trouble("hold", 0.9, random.uniform(1.5, 3.5), worker, "down")
        direction: Direction = random.choice(["up", "down"])
        return Trouble("reorder", 1.5, 60.0, None, direction, 0.8, random.choice([0.5, 1.5]))

    def trouble(self, at_s: float, worker: str | None) -> Trouble:
        random = self.random
        kind: Ill = random.choice(["cut", "hold", "lose", "repeat", "reorder", "slow"])
        for_s = random.choice([0.5, 1.5, 3.5, 6.0, 12.0])
        direction: Direction = random.choice(["up", "down", "both"])
        share, extra_s = 1.0, 0.0
        if kind in ("lose", "repeat", "reorder"):
            share, for_s = random.choice([0.05, 0.3, 0.8]), random.choice([3.0, 30.0])
        if kind in ("slow", "reorder"):
            extra_s = random.choice([0.02, 0.2, 1.0, 2.5])
        return Trouble(kind, at_s, at_s + for_s, worker, direction, share, extra_s)

    def events(self, at_s: float, names: Sequence[str], distributed: bool) -> list[Event]:
        random = self.random
        host = random.choice(names)
        if not distributed:
            kind: Kind = random.choice(["still", "still", "still", "sigterm"])
            return [Event(kind, host, at_s, random.choice([0.03, 0.15, 0.6, 2.0, 5.0]))]
        kind = random.choice(["kill", "still", "still", "still", "sigterm", "restart", "ghost"])
        match kind:
            case "kill" | "sigterm":
                return [Event(kind, "master" if self._chance(0.15) else host, at_s)]
            case "still":
                whom = random.choice([host, host, "master"])
                lengths = [0.03, 0.15, 0.6, 2.0, 3.5, 5.0, 9.0]
                return [Event("still", whom, at_s, random.choice(lengths))]
            case "restart":
                ends: Kind = random.choice(["kill", "sigterm"])
                back_s = at_s + random.choice([0.3, 2.0, 5.0])
                return [Event(ends, host, at_s), Event("restart", host, back_s)]
        return [Event(kind, host, at_s)]


def all_told_to_end(case: Case, random: Random) -> Case:
    """At once and in any order, the master too or not: Ctrl+C, or a cluster that is taken down. The
    target is slow then, or stands still for a while, so that each has something in flight."""
    at_s = LOAD_BEGINS_S + random.uniform(0.2, case.planned_s - 1.0)
    told = list(case.joins_s)
    if random.random() < 0.3:
        told = random.sample(told, random.randint(2, len(told)))
    if random.random() < 0.3:
        told.append("master")
    random.shuffle(told)
    kind: Kind = random.choice(["sigterm", "sigint"])
    within_s = random.choice([0.0, 0.05, 0.4])
    events = [Event(kind, host, at_s + random.uniform(0.0, within_s)) for host in told]
    behaviours = [
        Behaviour("slow", at_s - 0.7, at_s + 30.0, 0.6),
        Behaviour("freeze", at_s - 0.3, at_s + random.uniform(0.2, 0.7)),
    ]
    return replace(
        case,
        events=tuple(sorted(events, key=lambda event: event.at_s)),
        behaviours=tuple(random.sample(behaviours, random.randint(0, 1))),
        troubles=(),
    )


def standing_still(case: Case, random: Random) -> Case:
    """The target, from before a judged stage until after its end."""
    own = random.randrange(len(case.scenarios))
    stages = case.scenarios[own].stages()
    chosen = random.choice([n for n, stage in enumerate(stages) if stage.judged])
    before_s = sum(s.total_s for s in case.scenarios[:own])
    begins_s = LOAD_BEGINS_S - 1.0 + before_s + sum(s.duration_s for s in stages[:chosen])
    from_s = begins_s - random.uniform(0.2, 1.2)
    until_s = begins_s + stages[chosen].duration_s + random.choice([0.3, 1.5, 30.0])
    still = Behaviour("freeze", from_s, until_s)
    return replace(case, behaviours=(still,), events=(), troubles=())
