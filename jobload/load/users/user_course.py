"""The course of a user: its real one, and the one without any delay of the generator."""

from __future__ import annotations

from typing import ClassVar

from jobload.load.process.agent import Agent
from jobload.measure.recorder import Recorder
from jobload.measure.stage_record import StageRecord


class UserCourse:
    """Of users of any kind."""

    agent: Agent
    stage: StageRecord | None = None
    """That of the arrival it is busy with."""
    intended_s: float = 0.0
    free_s: float = 0.0
    """When it would have been free again, had the generator itself never been late; when it came,
    at first: nobody was free before."""
    began_s: float = 0.0
    """When its operation really did begin."""
    is_following: bool = False
    """Busy with what comes after its operation."""
    at_own_pace: ClassVar[bool] = False
    """It loops by itself where there is no rate, and may still make requests when it is stopped,
    which count."""
    number = position = keys = 0
    """What identifies its operations to the target, if they have keys."""
    unacknowledged: list[int]
    _asks = False

    @property
    def busy(self) -> bool:
        return self.stage is not None

    @property
    def has_begun(self) -> bool:
        """Its operation; else it has an arrival, and may still find no row for it."""
        return True

    @property
    def behind_s(self) -> float:
        """How much later than without the generator's own delay its operation began."""
        return max(0.0, self.began_s - max(self.free_s, self.intended_s))

    def stop_asking(self) -> None:
        if self._asks:
            self._asks = False
            self.agent.users.leave(self)  # type: ignore[arg-type]  # it is one of the two

    def take_first(self, intended_s: float, stood_still_s: float) -> None:
        """Its first arrival may have waited since before it came: for want of a free user from when
        others were kept by the target; until then there should have been some."""
        if (waited_s := self.free_s - intended_s) > 0.0:
            kept_s = self.agent.users.kept_since_s
            own_s = waited_s if kept_s is None else max(stood_still_s, kept_s - intended_s)
            self.free_s -= min(own_s, waited_s)

    def note_wait(self, wait_s: float) -> None:
        """It asks again so much later."""
        if self.stage is not None:
            self.stage.waited_us += int(wait_s * 1e6)

    def note_use(
        self, recorder: Recorder, stage: StageRecord, besides_s: float, ended_s: float, lag_s: float
    ) -> None:
        """How long the target kept this user, where service times do not say it; what lies after
        the end of the stage was in another. A reply that had come before it and was read after it
        would have let the user go on."""
        stage.other_use_us += int(besides_s * 1e6)
        arrived_s = ended_s - max(0.0, lag_s)
        over_s = recorder.over_s(stage, arrived_s)
        if stage.missed and (unread_s := recorder.over_s(stage, ended_s)) > 0.0:
            stage.behind_us += int(max(0.0, lag_s - unread_s) * 1e6)
        stage.other_use_us -= int(over_s * 1e6)
        if over_s and (current := recorder.current) is not None:
            within_s = arrived_s - self.agent.dispatcher.opened_s
            current.other_use_us += int(min(over_s, within_s) * 1e6)
