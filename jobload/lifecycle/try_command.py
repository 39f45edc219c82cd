"""`jobload try`: one operation of a scenario, told as it goes."""

from __future__ import annotations

import os
import secrets

from jobload.judge.exit_code import CONFIGURATION_ERROR
from jobload.lifecycle.trial import Trial
from jobload.load.http.origin import Origin, OriginError
from jobload.load.http.secrets import Secrets
from jobload.load.http.tls_context import tls_context
from jobload.load.users.workload import Workload
from jobload.plan.flow.environment import check_environment
from jobload.plan.headers import resolve_headers
from jobload.plan.problem import PlanError, did_you_mean, option_problem
from jobload.plan.scenario import Scenario
from jobload.plan.scenario_fields import FLOW_USER
from jobload.plan.sent_files import check_sent_files
from jobload.report.terminal.streams import tell

SUBMITTERS = frozenset({FLOW_USER, "JobSubmitter", "JobFollower"})
"""Users whose operations begin with what the scenario says."""


def try_scenario(scenario: Scenario, host: str, flow: str | None) -> int:
    """0 when it succeeded, 1 when not. PlanError for what can't be sent."""
    if flow is not None and flow not in scenario.all_flows:
        flows = scenario.all_flows
        hint = did_you_mean(flow, flows) if flows else "leave it out"
        no_flow = f"{scenario.name} has no {'such flow' if flows else 'flows'}; {hint}"
        raise PlanError([option_problem(f"--flow {flow}", no_flow)])
    try:
        origin = Origin.parse(host)
    except OriginError as error:
        tell(str(error))
        return CONFIGURATION_ERROR
    _check_users(scenario)
    check_environment(scenario, os.environ)
    check_sent_files(scenario)
    headers = resolve_headers(scenario.headers, os.environ)
    run_id = f"try-{secrets.token_hex(3)}"
    workload = Workload.of(
        scenario,
        origin,
        headers,
        run_id,
        tls=tls_context(scenario.tls) if origin.scheme == "https" else None,
        environ=os.environ,
    )
    masked = Secrets([scenario.headers], os.environ, [scenario])
    return 0 if Trial(workload, run_id, masked, print).run(flow) else 1


def _check_users(scenario: Scenario) -> None:
    """What they send is theirs; and another request than theirs would tell nothing of them."""
    others = sorted(scenario.users_mix.keys() - SUBMITTERS)
    if len(others) == len(scenario.users_mix):
        whose = f"operations of {', '.join(others)} are said in Python, so try can't send one"
        advice = f"run it for some seconds: jobload run --scenario {scenario.name}"
        raise PlanError([option_problem(scenario.name, f"{whose}; {advice}")])
    if others:
        print(f"note: operations of {', '.join(others)} in {scenario.name} are not tried")
    if "JobFollower" in scenario.users_mix:
        print(f"note: {scenario.name} follows each job to its end; only its submission is tried")
