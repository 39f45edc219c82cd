"""Asks a Prometheus while a run goes on. Each query has a greenlet and a connection of its own, so
that none waits for another, and nothing of the load waits for any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

import gevent
from gevent.event import Event

from jobload.lifecycle.observe.prometheus import Prometheus
from jobload.lifecycle.observe.query_answer import NoFigureError
from jobload.load.http.http_client import HttpClient
from jobload.measure.observed_series import Lack, ObservedSeries

TOLD_AFTER = {"no data": 5, "not finite": 5}
"""In a row: a rate has no figure before there are requests. Anything else is told at once."""
SETTLES_WITHIN_S = 0.5


class Observer:
    """`now_s` is the run's clock, `tell` takes a sentence for people."""

    def __init__(
        self,
        prometheus: Prometheus,
        observed: Mapping[str, ObservedSeries],
        now_s: Callable[[], float],
        tell: Callable[[str], None],
    ) -> None:
        self._prometheus = prometheus
        self._observed = observed
        self._now_s = now_s
        self._tell = tell
        self._told: set[str] = set()
        self._over = Event()
        self._greenlets: list[gevent.Greenlet[[ObservedSeries], None]] = []

    def start(self) -> None:
        self._greenlets = [gevent.spawn(self._follow, each) for each in self._observed.values()]

    def stop(self) -> None:
        """What is asked now is waited for, as long as that may take."""
        self._over.set()
        gevent.joinall(self._greenlets, timeout=self._prometheus.within_s + SETTLES_WITHIN_S)
        gevent.killall(self._greenlets, timeout=SETTLES_WITHIN_S)
        for series in self._observed.values():
            series.settled_s = inf

    def _follow(self, series: ObservedSeries) -> None:
        request = self._prometheus.request(series.query)
        client = self._prometheus.connection()
        due_s, row = self._now_s(), _Row()
        try:
            while not self._over.is_set():
                self._sample(series, client, request, row)
                # What took too long leaves out what has come due meanwhile.
                due_s = max(due_s + series.every_s, self._now_s())
                self._over.wait(due_s - self._now_s())
        finally:
            client.close()

    def _sample(
        self, series: ObservedSeries, client: HttpClient, request: bytes, row: _Row
    ) -> None:
        asked_s = self._now_s()
        try:
            value = self._prometheus.ask(client, request)
        except NoFigureError as error:
            series.lack(self._middle_s(asked_s), error.lack, error.example)
            if row.add(error.lack) == TOLD_AFTER.get(error.lack, 1):
                self._tell_once(self._sentence(series, error))
        else:
            row.end()
            series.add(self._middle_s(asked_s), value)
        series.settled_s = self._now_s()

    def _middle_s(self, asked_s: float) -> float:
        return (asked_s + self._now_s()) / 2

    def _sentence(self, series: ObservedSeries, error: NoFigureError) -> str:
        if error.lack == "unreachable":
            return (
                f"The Prometheus {self._prometheus.address} does not answer ({error.example}): what"
                " observe: names is missing meanwhile, and checks on it can't be decided."
            )
        return f"observe: no figure of {series.name}: {error.lack} ({error.example})."

    def _tell_once(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._tell(sentence)


class _Row:
    """Samples in a row that lack the same."""

    def __init__(self) -> None:
        self._lack: Lack | None = None
        self._count = 0

    def add(self, lack: Lack) -> int:
        self._count = self._count + 1 if lack == self._lack else 1
        self._lack = lack
        return self._count

    def end(self) -> None:
        self._lack = None
