"""All tallies of one run in one process: one for each endpoint, step and flow of each stage."""

from __future__ import annotations

from jobload.load.users.locust_feed import LocustFeed
from jobload.load.users.tally import Tally
from jobload.measure.stage_record import StageRecord


class Tallies:
    """By the identity of a record, for records live as long as the run."""

    def __init__(self, feed: LocustFeed) -> None:
        self._feed = feed
        self._tallies: dict[tuple[int, str, str, bool], Tally] = {}

    def of_request(
        self, stage: StageRecord, method: str, label: str, *, is_step: bool = False
    ) -> Tally:
        key = (id(stage), method, label, is_step)
        if (tally := self._tallies.get(key)) is None:
            record = stage.step(label) if is_step else stage.endpoint(label)
            tally = self._tallies[key] = Tally(stage, method, label, self._feed, record)
        return tally

    def of_flow(self, stage: StageRecord, name: str) -> Tally:
        key = (id(stage), "", name, False)
        if (tally := self._tallies.get(key)) is None:
            tally = self._tallies[key] = Tally(stage, "", name, None, stage.flow(name))
        return tally

    def flush(self) -> None:
        for tally in self._tallies.values():
            tally.flush()
        self.count()

    def count(self) -> None:
        """All at once, so that it adds up: a listener that hears of a sample may let others go on
        meanwhile."""
        for tally in self._tallies.values():
            tally.count()
