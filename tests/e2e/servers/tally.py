"""What a server saw, so that a test can set the tester's counts against it."""

from collections import Counter, defaultdict
from typing import Any

from e2e.servers.request import Request


class Tally:
    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.arrivals_s: defaultdict[str, list[float]] = defaultdict(list)
        self.arrivals_of_process_s: defaultdict[str, list[float]] = defaultdict(list)
        """By the generator's process that the key names: `<run id>-<process>-<user>-<count>`."""
        self.keys: defaultdict[str, set[bytes]] = defaultdict(set)
        self.parents: list[str] = []
        """Of the requests that were traced, in order."""
        self.answers: Counter[int] = Counter()
        self.took_s: defaultdict[str, list[float]] = defaultdict(list)

    def count(self, request: Request) -> None:
        self.requests[request.place] += 1
        self.arrivals_s[request.place].append(request.arrived_s)
        if request.parent:
            self.parents.append(request.parent.decode())
        if request.key:
            self.keys[request.place].add(request.key)
            if len(parts := request.key.rsplit(b"-", 3)) == 4:
                self.arrivals_of_process_s[parts[1].decode()].append(request.arrived_s)

    def facts(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "keys": {place: len(keys) for place, keys in self.keys.items()},
            "answers": self.answers,
            "took_p50_ms": {place: _ms(took_s, 50) for place, took_s in self.took_s.items()},
            "took_p99_ms": {place: _ms(took_s, 99) for place, took_s in self.took_s.items()},
        }


def _ms(times_s: list[float], percent: int) -> float:
    return 1e3 * sorted(times_s)[(len(times_s) * percent - 1) // 100]
