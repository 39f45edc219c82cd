"""Plays seeds, each in a process of its own that is forked from this one."""

from __future__ import annotations

import gc
import json
import logging
import os
import resource
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import NoReturn

from gevent import monkey

from verify.simulate import places
from verify.simulate.one_run import OneRun
from verify.simulate.promises import broken

fork, close, wait = (monkey.get_original("os", name) for name in ("fork", "close", "waitpid"))
LONGEST_CPU_S = 30
MOST_MEMORY_BYTES = 2_000_000_000


@dataclass(slots=True)
class Played:
    """`broken` has a sentence for each promise that was not kept."""

    seed: int
    status: str | None = None
    broken: list[str] = field(default_factory=list)


class Seeds:
    """At most `processes` at a time. Their `alter`, if any, is called before a seed is played."""

    def __init__(self, processes: int = 1) -> None:
        self._processes = processes
        places.once_for_all_seeds()
        self._options = places.parsed_options()
        self._port = places.guarded_port()
        logging.disable(logging.CRITICAL)
        gc.collect()
        gc.freeze()

    def play(
        self, seeds: Iterable[int], alter: Callable[[], None] = lambda: None
    ) -> Iterator[Played]:
        """In their order, so that the first broken promise is the same however many at a time."""
        waiting, readers = iter(seeds), dict[int, tuple[int, int]]()
        begun, ended = deque[int](), dict[int, Played]()
        try:
            while True:
                while len(readers) < self._processes and (seed := next(waiting, None)) is not None:
                    child, reading = self._begin(seed, alter)
                    readers[child] = (seed, reading)
                    begun.append(seed)
                if not readers:
                    return
                child, wait_status = wait(-1, 0)
                if child in readers:
                    played = _what_it_said(*readers.pop(child), wait_status)
                    ended[played.seed] = played
                while begun and begun[0] in ended:
                    yield ended.pop(begun.popleft())
        finally:
            for child, (_, reading) in readers.items():
                os.kill(child, signal.SIGKILL)
                wait(child, 0)
                close(reading)

    def _begin(self, seed: int, alter: Callable[[], None]) -> tuple[int, int]:
        reading, writing = os.pipe()
        child: int = fork()
        if not child:
            close(reading)
            self._in_child(seed, alter, writing)
        close(writing)
        return child, reading

    def _in_child(self, seed: int, alter: Callable[[], None], writing: int) -> NoReturn:
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU_S, LONGEST_CPU_S))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
        try:
            played, _ = self.play_here(seed, alter)
        except BaseException:
            played = Played(seed, broken=[traceback.format_exc()])
        os.write(writing, json.dumps(asdict(played)).encode()[:60_000])
        os._exit(0)

    def play_here(
        self, seed: int, alter: Callable[[], None], listen: bool = False
    ) -> tuple[Played, list[str]]:
        """With its story. Once in a process."""
        gc.disable()
        alter()
        run = OneRun(seed, self._options, self._port)
        if listen:
            run.story.listen_to_logs()
        outcome = run.play()
        status = outcome.result.status if outcome.result else None
        played = Played(seed, status, broken(outcome))
        return played, [*outcome.case.lines(), *outcome.story.lines()]


def _what_it_said(seed: int, reading: int, wait_status: int) -> Played:
    said = b""
    while piece := os.read(reading, 65536):
        said += piece
    close(reading)
    if not said:
        return Played(seed, broken=[f"its process ended without a word (status {wait_status})"])
    return Played(**json.loads(said))
