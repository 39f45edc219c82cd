"""V14: each cause alone, by real processes and sockets: who is blamed, and with which verdict."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from causes import CAUSES, LIMIT_MS, RIGHT_SHARE, STRENGTHS, Run, right_share, wrong
from virtual_causes import runs as virtual_runs

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.load_test import LOCUSTFILES
from e2e.outcome import Outcome
from e2e.plan_files import Fields, disturbed, steady, write_plan
from e2e.truth_server import running_server

ROUNDS, VIRTUAL_ROUNDS = 3, 4
WARM_UP_S, HOLD_S = 1, 3
P99 = [{"metric": "p99", "expect": f"<= {LIMIT_MS}ms"}]
HANDSHAKE = [
    *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
    *("-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1"),
]


@dataclass(frozen=True)
class Case:
    cause: str
    strength: int
    rate: int
    users: int
    behaviour: tuple[str, dict[str, Any]]
    disturbance: Fields = field(default_factory=dict)
    handshake_ms: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.cause}-{self.strength}"

    @property
    def scenario(self) -> Fields:
        mix = {"DisturbedSubmitter" if self.disturbance else "JobSubmitter": 1}
        fields = {"endpoint": f"/{self.name}", "retries": 0, "timeout": "2s", "users_mix": mix}
        return steady(self.users, self.rate, HOLD_S, WARM_UP_S, **fields)


def causes(setting: Setting, claims: Claims) -> None:
    """In full length every cause and strength, several times at other rates; else each once."""
    rounds = ROUNDS if setting.full_length else 1
    runs: list[Run] = []
    for number in range(rounds):
        cases = _cases(setting, rate=(110, 150, 200)[number])
        if not setting.full_length:
            cases = [case for case in cases if case.strength == CAUSES.index(case.cause) % 3]
        runs += _runs(setting, claims, number, [c for c in cases if not c.handshake_ms])
        if shutil.which("openssl"):
            runs += _runs(setting, claims, number, [c for c in cases if c.handshake_ms])
    claims.runs += runs
    _claim(claims, runs)


def virtual_causes(setting: Setting, claims: Claims) -> None:
    runs = virtual_runs(VIRTUAL_ROUNDS if setting.full_length else 1)
    claims.runs += runs
    _claim(claims, runs)


def _claim(claims: Claims, runs: Sequence[Run]) -> None:
    claims.at_least("right cause", right_share(runs), RIGHT_SHARE)
    blamed = [str(run) for run in runs if run.blames_the_wrong_one]
    claims.equal("the generator's doing held against the target, or the other way", blamed, [])
    if right_share(runs) < RIGHT_SHARE:
        claims.equal("wrong", wrong(runs), [])


def _cases(setting: Setting, rate: int) -> list[Case]:
    processes = 1 if setting.mode == "local" else setting.workers
    return [_case(cause, strength, rate, processes) for cause in CAUSES for strength in STRENGTHS]


def _case(cause: str, strength: int, rate: int, processes: int) -> Case:
    """The generator's processes share the machine with the target, so a core that it burns is
    burnt by one of its users alone, not by all of its processes at once."""
    usual: tuple[str, dict[str, Any]] = ("fixed", {"latency_ms": (5, 15, 30)[strength]})
    match cause:
        case "target-slow":
            behaviour, users = _slow(strength, rate)
            return Case(cause, strength, rate, users, behaviour)
        case "target-refuses":
            percent = (6, 40, 100)[strength]
            return Case(cause, strength, rate, 20, ("refuses", {"percent": percent}))
        case "connecting":
            delay_ms = (150, 300, 600)[strength]
            users = round(rate * delay_ms / 1e3) + 60
            return Case(cause, strength, rate, users, ("fixed", {}), handshake_ms=delay_ms)
        case "too-few-users":
            users = processes * max(1, round(rate * 0.08 / (1.6, 3, 8)[strength] / processes))
            return Case(cause, strength, rate, users, ("fixed", {"latency_ms": 80}))
        case "generator-cpu":
            burn_ms = (1.15, 1.6, 3.0)[strength] * 1e3 * processes / rate
            return Case(cause, strength, rate, 20, usual, {"burn_ms": burn_ms})
        case "generator-paused":
            block_ms = (150, 300, 600)[strength]
            return Case(cause, strength, rate, 20, usual, {"block_ms": block_ms})
    return Case(cause, strength, rate, 40, usual)


def _slow(strength: int, rate: int) -> tuple[tuple[str, dict[str, Any]], int]:
    """Always; now and then; and one that freezes while hardly a user is to spare."""
    if strength == 0:
        return ("fixed", {"latency_ms": 200}), round(rate * 0.4)
    if strength == 1:
        return ("mixture", {"per_mille": {"5": 950, "500": 50}}), round(rate * 0.2)
    return ("freezes", {"after_s": WARM_UP_S + HOLD_S / 2, "latency_ms": 5}), 8


def _runs(setting: Setting, claims: Claims, number: int, cases: Sequence[Case]) -> list[Run]:
    folder = setting.folder / f"{number}-{cases[0].name}"
    scenarios = {case.name: case.scenario for case in cases}
    options = write_plan(folder, scenarios, dict.fromkeys(scenarios, P99), {"all": [*scenarios]})
    environ = disturbed({case.name: case.disturbance for case in cases})
    settings: dict[str, Any] = {"paths": {f"/{c.name}": c.behaviour for c in cases}}
    if cases[0].handshake_ms:
        certificate, key = _certificate(folder)
        delays_ms = {f"/{case.name}": case.handshake_ms for case in cases}
        late = {"certificate": certificate, "key": key, "delays_ms": delays_ms}
        settings["handshakes"] = late
        environ["SSL_CERT_FILE"] = certificate
    with running_server("by-path", **settings) as server:
        outcome = Setting(folder, setting.full_length, setting.mode, setting.workers).run(
            claims,
            server,
            *options,
            *("--suite", "all"),
            locustfile=LOCUSTFILES / "disturbed.py",
            environ=environ,
            within_s=len(cases) * (WARM_UP_S + HOLD_S + 4) + 60,
        )
    where = "real, 1" if setting.mode == "local" else f"real, {setting.workers}"
    return [_run(case, outcome, where) for case in cases]


def _run(case: Case, outcome: Outcome, where: str) -> Run:
    found = outcome.scenario(case.name)
    diagnosed = found["diagnosis"]["cause"]
    return Run(case.cause, case.strength, where, diagnosed, found["status"])


def _certificate(folder: Path) -> tuple[str, str]:
    certificate, key = folder / "server.pem", folder / "server.key"
    command = ["openssl", "req", "-x509", *HANDSHAKE, "-keyout", str(key)]
    command += ["-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return str(certificate), str(key)
