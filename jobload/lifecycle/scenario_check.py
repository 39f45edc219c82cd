"""What is wrong with a scenario beyond its fields: its files, its numbers, this machine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from jobload.load.http.tls_context import tls_context
from jobload.plan.arrivals_planned import check_arrivals
from jobload.plan.flow.environment import check_environment
from jobload.plan.headers import resolve_headers
from jobload.plan.problem import Problem, collected, listing
from jobload.plan.scenario import Scenario
from jobload.plan.scenario_fields import OF_ONE_REQUEST
from jobload.plan.sent_files import check_sent_files


def flaws_of(scenario: Scenario) -> list[Problem]:
    problems: list[Problem] = []
    for check in (check_sent_files, check_arrivals):
        with collected(problems):
            check(scenario)
    return problems


def has_own_users(scenario: Scenario, unmeasured: Collection[str]) -> bool:
    return not scenario.users_mix.keys().isdisjoint(unmeasured)


def unheard(
    scenario: Scenario, said: Collection[str], unmeasured: Collection[str]
) -> Iterator[Problem]:
    """What is expected of replies that none of its users gives away."""
    if "expect" in said and scenario.users_mix.keys() <= {*unmeasured}:
        users = listing([*scenario.users_mix])
        message = (
            f"is of jobload's own users; what {users} takes for a failure the locustfile says"
            " (catch_response): take it out"
        )
        yield Problem(scenario.name, None, None, "expect", message)


def never_started(scenario: Scenario, unweighted: Collection[str]) -> Iterator[Problem]:
    """In their place others of the locustfile would run."""
    for name in scenario.users_mix:
        if name in unweighted:
            message = (
                "has weight = 0 in the locustfile, so that Locust leaves it out; take that out"
                " there: how many it is of, users_mix says"
            )
            yield Problem(scenario.name, None, None, f"users_mix.{name}", message)


def unread(scenario: Scenario, said: Collection[str], unmeasured: Collection[str]) -> Iterator[str]:
    """What says nothing to any of its users, and which no verdict hangs on."""
    if scenario.users_mix.keys() <= {*unmeasured} and not scenario.audit:
        of_nobody = {*OF_ONE_REQUEST, *(() if scenario.ready else ("headers",))}
        for key in said:
            if key in of_nobody:
                yield f"{key}: is of jobload's own users; what is sent the locustfile says"


def lacks_of(scenario: Scenario, environ: Mapping[str, str]) -> list[Problem]:
    """Variables and certificates, which another machine may have."""
    problems: list[Problem] = []
    with collected(problems):
        resolve_headers(scenario.headers, environ)
    with collected(problems):
        check_environment(scenario, environ)
    if scenario.tls is not None:  # the system's certificates take 30 ms to read
        with collected(problems):
            tls_context(scenario.tls)
    return problems
