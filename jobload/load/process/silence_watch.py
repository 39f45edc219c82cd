"""A process that no longer hears the master starts nothing new."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from gevent.hub import get_hub

SILENCE_S = 3.0
MAX_SILENCES = 20


class SilenceWatch:
    """Calls `pause` after `SILENCE_S` without a word, and keeps a sentence on each such silence.

    Silence is no matter while `matters` says so, between two scenarios for instance. `elapsed_s` is
    the second of the run.
    """

    def __init__(
        self, pause: Callable[[], None], matters: Callable[[], bool], elapsed_s: Callable[[], float]
    ) -> None:
        self._pause = pause
        self._matters = matters
        self._elapsed_s = elapsed_s
        self._timer = get_hub().loop.timer(SILENCE_S, SILENCE_S)
        self.sentences: list[str] = []
        self.is_silent = False
        self.has_rung = False
        """Since the last word, whether it matters or not."""
        self._heard_s = perf_counter()

    def hear(self) -> None:
        """A word has come: the timer is wound up again."""
        if self.is_silent:
            self._note()
        self.is_silent = self.has_rung = False
        self._heard_s = perf_counter()
        self._timer.again(self._on_silence, update=True)

    def stop(self) -> None:
        self._timer.stop()

    def _on_silence(self) -> None:
        self._timer.stop()
        self.has_rung = True
        if self._matters() and len(self.sentences) < MAX_SILENCES:
            self.is_silent = True
            self.sentences.append("")
            self._note()
        self._pause()

    def _note(self) -> None:
        silent_s = perf_counter() - self._heard_s
        second = self._elapsed_s() - silent_s
        self.sentences[-1] = (
            f"no word from the master for {silent_s:.0f} s from second {second:.0f} on"
        )
