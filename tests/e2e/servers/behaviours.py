"""How servers of known truth answer. Times of `perf_counter`; nothing here sleeps or waits."""

import json
import random
from collections import Counter
from typing import Any, Literal, Protocol

from e2e.servers.own_way import OwnWay
from e2e.servers.request import Reply, Request

NEVER_S = 1e5


class Behaviour(Protocol):
    def reply(self, request: Request) -> Reply | None:
        """None is no answer, ever."""

    def facts(self) -> dict[str, Any]:
        """What only this behaviour knows."""


class Fixed:
    """Every answer takes the same time."""

    def __init__(self, latency_ms: float = 0.0, status: int = 201) -> None:
        self._latency_s = latency_ms / 1e3
        self._status = status

    def reply(self, request: Request) -> Reply:
        return Reply(request.arrived_s + self._latency_s, self._status)

    def facts(self) -> dict[str, Any]:
        return {}


class Mixture:
    """Of each thousand answers exactly so many take so long: `per_mille` is {milliseconds: n}."""

    def __init__(self, per_mille: dict[str, int], seed: int = 0) -> None:
        self._thousand_ms = [float(ms) for ms, n in per_mille.items() for _ in range(n)]
        self._random = random.Random(seed)
        self._left_ms: list[float] = []

    def reply(self, request: Request) -> Reply:
        if not self._left_ms:
            self._left_ms = self._random.sample(self._thousand_ms, len(self._thousand_ms))
        return Reply(request.arrived_s + self._left_ms.pop() / 1e3)

    def facts(self) -> dict[str, Any]:
        return {}


class Stalling:
    """Quick, but at the end of every period it serves nothing for a while."""

    def __init__(self, latency_ms: float, stall_s: float, period_s: float) -> None:
        self._latency_s = latency_ms / 1e3
        self._stall_s = stall_s
        self._period_s = period_s

    def reply(self, request: Request) -> Reply:
        to_end_s = self._period_s - request.arrived_s % self._period_s
        stalled_s = to_end_s if to_end_s < self._stall_s else 0.0
        return Reply(request.arrived_s + stalled_s + self._latency_s)

    def facts(self) -> dict[str, Any]:
        return {}


class SerialQueue:
    """Accepts all, serves one at a time in order; what each service takes is drawn and noted."""

    def __init__(
        self, service_ms: float, draw: Literal["fixed", "exponential"] = "fixed", seed: int = 0
    ) -> None:
        self._service_s = service_ms / 1e3
        self._random = random.Random(seed) if draw == "exponential" else None
        self._free_s = 0.0
        self._log: dict[str, list[tuple[float, float]]] = {}

    def reply(self, request: Request) -> Reply:
        service_s = self._service_s
        if self._random is not None:
            service_s = self._random.expovariate(1 / service_s)
        self._log.setdefault(request.place, []).append((request.arrived_s, service_s))
        self._free_s = max(self._free_s, request.arrived_s) + service_s
        return Reply(self._free_s)

    def facts(self) -> dict[str, Any]:
        return {"arrivals_and_services_s": self._log}


class FailsFirst:
    """The first attempts of each operation fail, the next one succeeds."""

    def __init__(self, failures: int, status: int = 503, latency_ms: float = 0.0) -> None:
        self._failures = failures
        self._status = status
        self._latency_s = latency_ms / 1e3
        self._attempts: Counter[bytes] = Counter()

    def reply(self, request: Request) -> Reply:
        if not request.key:
            return Reply(request.arrived_s)
        self._attempts[request.key] += 1
        fails = self._attempts[request.key] <= self._failures
        return Reply(request.arrived_s + self._latency_s, self._status if fails else 201)

    def facts(self) -> dict[str, Any]:
        return {"attempts_of_an_operation": sorted(set(self._attempts.values()))}


class Breaks:
    """Good for a while, counted from the first job, then an error, however often it is asked."""

    def __init__(self, after_s: float, status: int = 500, latency_ms: float = 0.0) -> None:
        self._after_s = after_s
        self._status = status
        self._latency_s = latency_ms / 1e3
        self._first_s: float | None = None

    def reply(self, request: Request) -> Reply:
        if self._first_s is None and request.method == "POST":
            self._first_s = request.arrived_s
        since_s = request.arrived_s - (self._first_s or request.arrived_s)
        status = self._status if since_s >= self._after_s else 201
        return Reply(request.arrived_s + self._latency_s, status)

    def facts(self) -> dict[str, Any]:
        return {}


class Freezes:
    """Good until `after_s` from its first job on, then it answers nothing before it thaws."""

    def __init__(self, after_s: float, for_s: float = 1e6, latency_ms: float = 0.0) -> None:
        self._after_s = after_s
        self._for_s = for_s
        self._latency_s = latency_ms / 1e3
        self._first_s: float | None = None

    def reply(self, request: Request) -> Reply | None:
        if self._first_s is None:
            self._first_s = request.arrived_s
        frozen_s = request.arrived_s - self._first_s - self._after_s
        thawed_s = self._for_s - frozen_s
        wait_s = thawed_s if frozen_s >= 0 and thawed_s > 0 else 0.0
        return Reply(request.arrived_s + wait_s + self._latency_s) if wait_s < NEVER_S else None

    def facts(self) -> dict[str, Any]:
        return {}


class Refuses:
    """So many of each hundred answers, evenly among them, are errors."""

    def __init__(self, percent: int, status: int = 500, latency_ms: float = 0.0) -> None:
        self._percent = percent
        self._status = status
        self._latency_s = latency_ms / 1e3
        self._share = 0

    def reply(self, request: Request) -> Reply:
        self._share += self._percent
        refused, self._share = self._share >= 100, self._share % 100
        return Reply(request.arrived_s + self._latency_s, self._status if refused else 201)

    def facts(self) -> dict[str, Any]:
        return {}


class ByPath:
    """A behaviour of its own for each path: [name, settings]. Others are answered at once."""

    def __init__(self, paths: dict[str, tuple[str, dict[str, Any]]]) -> None:
        self._behaviours: dict[str, Behaviour] = {
            path: BEHAVIOURS[name](**settings) for path, (name, settings) in paths.items()
        }
        self._other = Fixed(status=200)

    def reply(self, request: Request) -> Reply | None:
        return self._behaviours.get(request.path, self._other).reply(request)

    def facts(self) -> dict[str, Any]:
        return {path: behaviour.facts() for path, behaviour in self._behaviours.items()}


class StrictPrompts:
    """Another API: takes `{"prompt": text, "max_tokens": number}` and nothing else."""

    def __init__(self, latency_ms: float = 0.0) -> None:
        self._latency_s = latency_ms / 1e3
        self._prompts: Counter[str] = Counter()
        self._refused = 0

    def reply(self, request: Request) -> Reply:
        at_s = request.arrived_s + self._latency_s
        if request.place == "POST /v2/completions":
            prompt = self._prompt(request.body)
            if prompt is not None:
                self._prompts[prompt] += 1
                return Reply(at_s, 202, b'{"completion":{"id":7}}')
            self._refused += 1
        return Reply(at_s, 422, b'{"detail":"not a completion request"}')

    def _prompt(self, body: bytes) -> str | None:
        try:
            given = json.loads(body)
        except ValueError:
            return None
        if not isinstance(given, dict) or given.keys() != {"prompt", "max_tokens"}:
            return None
        return given["prompt"] if isinstance(given["prompt"], str) else None

    def facts(self) -> dict[str, Any]:
        return {"prompts": self._prompts, "refused": self._refused}


class MovedAfterACookie:
    """Sends a job elsewhere with a cookie of its session, and takes it there with that cookie."""

    def __init__(self) -> None:
        self._sessions: set[bytes] = set()

    def reply(self, request: Request) -> Reply:
        at_s = request.arrived_s
        if request.place == "POST /moved":
            return Reply(at_s, 201 if request.cookie in self._sessions else 403)
        cookie = request.cookie or b"session=%d" % len(self._sessions)
        if request.method == "POST":
            self._sessions.add(cookie)
        fields = (b"Location: /moved", b"Set-Cookie: %b; Path=/" % cookie)
        return Reply(at_s, 307, b"", fields)

    def facts(self) -> dict[str, Any]:
        return {"sessions": len(self._sessions)}


class SlowToWake:
    """The first request waits for its answer, as with a service that starts when it is asked."""

    def __init__(self, first_s: float, latency_ms: float = 0.0) -> None:
        self._first_s = first_s
        self._latency_s = latency_ms / 1e3
        self._is_awake = False

    def reply(self, request: Request) -> Reply:
        waits_s = self._latency_s if self._is_awake else self._first_s
        self._is_awake = True
        return Reply(request.arrived_s + waits_s)

    def facts(self) -> dict[str, Any]:
        return {}


class Silent:
    """Reads, and answers nothing but perhaps `GET /`, by which one sees that it is there."""

    def __init__(self, greets: bool = False) -> None:
        self._greets = greets

    def reply(self, request: Request) -> Reply | None:
        return Reply(request.arrived_s, 200) if self._greets and request.method == "GET" else None

    def facts(self) -> dict[str, Any]:
        return {}


BEHAVIOURS: dict[str, Any] = {
    "fixed": Fixed,
    "mixture": Mixture,
    "stalling": Stalling,
    "serial-queue": SerialQueue,
    "fails-first": FailsFirst,
    "breaks": Breaks,
    "freezes": Freezes,
    "refuses": Refuses,
    "by-path": ByPath,
    "strict-prompts": StrictPrompts,
    "moved-after-a-cookie": MovedAfterACookie,
    "own-way": OwnWay,
    "silent": Silent,
    "slow-to-wake": SlowToWake,
}
