"""One figure out of what a Prometheus answers, or why there is none."""

from __future__ import annotations

from math import isfinite
from typing import Any

from jobload.load.http.json_body import parsed_or_none
from jobload.measure.observed_series import Lack


class NoFigureError(Exception):
    def __init__(self, lack: Lack, example: str) -> None:
        super().__init__(lack, example)
        self.lack = lack
        self.example = example


def figure(status: int, body: bytes) -> float:
    answer = parsed_or_none(body)
    if not isinstance(answer, dict):
        raise NoFigureError("bad reply", f"status {status}, and no answer of a Prometheus")
    if answer.get("status") == "error":
        raise NoFigureError("refused", f"{answer.get('errorType')}: {answer.get('error')}")
    if status != 200 or answer.get("status") != "success":
        raise NoFigureError("bad reply", f"status {status}, and no answer of a Prometheus")
    try:
        return _of_result(answer["data"]["resultType"], answer["data"]["result"])
    except (KeyError, IndexError, TypeError, ValueError):
        raise NoFigureError("bad reply", "an answer of another form than Prometheus has") from None


def _of_result(kind: str, result: Any) -> float:
    if kind == "scalar":
        return _finite(result[1])
    if kind != "vector":
        raise NoFigureError("refused", f"a {kind} is no figure; ask for the newest, as by rate(…)")
    if not result:
        raise NoFigureError("no data", "the query gives no series now")
    if len(result) > 1:
        example = f"{len(result)} of them; aggregate them in the query, as in sum(…) or max(…)"
        raise NoFigureError("several series", example)
    if "value" not in result[0]:
        example = "a native histogram is no figure; take histogram_quantile(…) of it"
        raise NoFigureError("refused", example)
    return _finite(result[0]["value"][1])


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise NoFigureError("not finite", f"the query gives {text}")
    return value
