"""The shape behind all others: users over time, as the stages of the scenario say."""

from __future__ import annotations

from typing import ClassVar, Protocol

from locust import LoadTestShape

Tick = tuple[int, float]
"""(users, users to start or stop per second)"""


class Conductor(Protocol):
    """Leads a run through its scenarios; in a Locust process that is `jobload.lifecycle`."""

    def arm(self) -> None: ...

    def tick(self, shape: StagedShape) -> Tick | None: ...


class StagedShape(LoadTestShape):
    """Users follow the profile of the scenario (`jobload.plan.profile`), a pure function of time.

    A shape holds no state of a run, since Locust uses one instance for all of them. `plays` is the
    kind of scenario it is for, `default` the one it takes when none is named.
    """

    abstract: ClassVar[bool] = True
    use_common_options: ClassVar[bool] = True
    """The ad hoc scenario takes -u, -r and -t; with any other they are refused."""
    plays: ClassVar[str | None] = None
    default: ClassVar[str | None] = None
    conductor: ClassVar[Conductor | None] = None

    def reset_time(self) -> None:
        """Locust says so when a test starts, on a master once more during its first tick."""
        super().reset_time()  # type: ignore[no-untyped-call]  # Locust has no types there
        if self.conductor is not None:
            self.conductor.arm()

    def tick(self) -> Tick | None:
        if self.conductor is None:
            raise RuntimeError(
                "this shape has no conductor: call jobload.install(events) in the"
                " locustfile, as the one that comes with jobload does"
            )
        return self.conductor.tick(self)
