"""A stretch of a scenario with its own figures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    duration_s: float
    users_from: int
    users_to: int
    rate_per_user: float | None
    """Arrivals a second for each running user; None is the closed model."""
    judged: bool

    @property
    def users(self) -> int:
        return self.users_to

    @property
    def rate(self) -> float | None:
        """Arrivals a second of all users together at the end of the stage."""
        return None if self.rate_per_user is None else self.users_to * self.rate_per_user


def ramp(name: str, duration_s: float, users: tuple[int, int], rate: float | None) -> list[Stage]:
    """The way from one number of users to another, or nothing when it takes no time.

    `rate` is that of all users together at the larger number.
    """
    if duration_s <= 0:
        return []
    return [Stage(name, duration_s, *users, _per_user(rate, max(users)), judged=False)]


def hold(name: str, duration_s: float, users: int, rate: float | None) -> Stage:
    return Stage(name, duration_s, users, users, _per_user(rate, users), judged=True)


def _per_user(rate: float | None, users: int) -> float | None:
    return None if rate is None else rate / users
