"""How late the event loop comes to what is due: the pulse of the generator itself."""

from __future__ import annotations

from jobload.load.pacing.dispatcher import Dispatcher
from jobload.load.process.metronome import Metronome

PERIOD_S = 0.05


class LoopProbe(Metronome):
    """Twenty times a second, while a stage runs, notes by how much a timer of the loop was late."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__(PERIOD_S)
        self._dispatcher = dispatcher

    def beat(self, due_s: float, now_s: float) -> None:
        self._dispatcher.stage.loop_lag.record(max(0, int((now_s - due_s) * 1e6)))
