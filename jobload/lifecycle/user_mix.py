"""Which user classes run in a scenario, and in what shares."""

from __future__ import annotations

from locust.env import Environment


def user_names(environment: Environment) -> list[str]:
    """All user classes of the locustfile, whether they were picked for this process or not."""
    return [*(environment.available_user_classes or environment.user_classes_by_name)]


def apply_mix(environment: Environment, mix: dict[str, int]) -> None:
    """Gives each class its share; classes picked by hand that the mix lacks share equally.

    Locust reads the weights when it makes its dispatcher, and the public interface has no other way
    to a new mix than a new dispatcher. No user runs when this is called.
    """
    picked = environment.user_classes
    if not any(user_class.__name__ in mix for user_class in picked):
        mix = {user_class.__name__: 1 for user_class in picked}
    for user_class in picked:
        user_class.weight = mix.get(user_class.__name__, 0)
    if environment.runner is not None:
        environment.runner._users_dispatcher = None
