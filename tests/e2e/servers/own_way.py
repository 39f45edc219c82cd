"""A shop with ways of its own: a session first, nested numbers, a Location, its own words."""

import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

from e2e.servers.request import Reply, Request

JSON = (b"X-Shop: 1",)


class OwnWay:
    """`delays_ms` by step; an order is served `served_after_ms` after it was taken. A token is good
    for `token_uses` requests."""

    def __init__(
        self,
        delays_ms: dict[str, float] | None = None,
        served_after_ms: float = 120.0,
        token_uses: int = 10**9,
    ) -> None:
        self._delays_s = {step: ms / 1e3 for step, ms in (delays_ms or {}).items()}
        self._served_after_s = served_after_ms / 1e3
        self._token_uses = token_uses
        self._uses: Counter[str] = Counter()
        self._taken_s: dict[int, float] = {}
        self._counts: Counter[str] = Counter()
        self._wrong: Counter[str] = Counter()
        self._tickets: set[str] = set()
        self._names: Counter[str] = Counter()
        self._tables: Counter[str] = Counter()

    def reply(self, request: Request) -> Reply:
        step, status, body, fields = self._answer(request)
        self._counts[step] += 1
        at_s = request.arrived_s + self._delays_s.get(step, 0.0)
        return Reply(at_s, status, json.dumps(body).encode(), fields)

    def _answer(self, request: Request) -> tuple[str, int, Any, tuple[bytes, ...]]:
        url = urlsplit(request.path)
        parts = url.path.strip("/").split("/")
        match request.method, *parts:
            case "GET", "v3", "menu":
                return "menu", 200, {}, ()
            case "POST", "v3", "session":
                return "login", *self._session(parse_qs(request.body.decode()))
            case "POST", "v3", "orders":
                return "order", *self._guarded(request, self._order, request.arrived_s, url.query)
            case "GET", "v3", "queue", number:
                return "wait", *self._guarded(request, self._queue, request.arrived_s, number)
            case "GET", "v3", "orders", number, "receipt":
                return "receipt", *self._guarded(request, self._receipt, number)
        self._wrong[request.place] += request.path != "/"
        return "other", 404, {}, ()

    def _session(self, form: dict[str, list[str]]) -> tuple[int, Any, tuple[bytes, ...]]:
        if form.get("password") != ["s3cret-word"]:
            self._wrong["password"] += 1
            return 403, {}, ()
        self._names[form["name"][0]] += 1
        return 200, {"auth": {"bearer": f"b-{self._names.total()}"}}, ()

    def _guarded(self, request: Request, answer: Any, *more: Any) -> Any:
        token = request.authorization.decode().removeprefix("Bearer ")
        self._uses[token] += 1
        if not token.startswith("b-") or self._uses[token] > self._token_uses:
            return 401, {"error": "who are you?"}, ()
        return answer(request, *more)

    def _order(self, request: Request, now_s: float, query: str) -> Any:
        said = json.loads(request.body)
        (line,) = said["lines"]
        right = (
            set(said) == {"table", "ticket", "lines", "note"}
            and line["dish"] in ("soup", "cake", "tea")
            and line["count"] in (1, 2, 3)
            and query == f"ticket={said['ticket']}"
            and said["ticket"] not in self._tickets
        )
        self._wrong["order"] += not right
        self._tickets.add(said["ticket"])
        self._tables[said["table"]] += 1
        number = len(self._taken_s) + 1
        self._taken_s[number] = now_s
        order = {"ref": {"no": number}, "phase": "accepted", "ticket": said["ticket"]}
        return 202, {"order": order}, (b"Location: /v3/queue/%d" % number,)

    def _queue(self, _: Request, now_s: float, number: str) -> Any:
        is_served = now_s - self._taken_s[int(number)] >= self._served_after_s
        return 200, {"order": {"phase": "served" if is_served else "cooking"}}, ()

    def _receipt(self, _: Request, number: str) -> Any:
        self._wrong["receipt"] += int(number) not in self._taken_s
        return 200, {"receipt": {"order": int(number), "total": 7}}, ()

    def facts(self) -> dict[str, Any]:
        return {
            "steps": self._counts,
            "wrong": {what: n for what, n in self._wrong.items() if n},
            "names": self._names,
            "tables": self._tables,
        }
