from __future__ import annotations

import json
from typing import Any

import pytest

from jobload.lifecycle.observe.query_answer import NoFigureError, figure


def body(kind: str, result: Any) -> bytes:
    return json.dumps(
        {"status": "success", "data": {"resultType": kind, "result": result}}
    ).encode()


def vector(*values: str) -> bytes:
    return body("vector", [{"metric": {"a": v}, "value": [1.5, v]} for v in values])


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (vector("12.5"), 12.5),
        (vector("-3e2"), -300.0),
        (body("scalar", [1.5, "7"]), 7.0),
    ],
)
def test_a_scalar_or_one_series_is_a_figure(answer: bytes, value: float) -> None:
    assert figure(200, answer) == value


@pytest.mark.parametrize(
    ("status", "answer", "lack", "words"),
    [
        (200, vector(), "no data", "no series"),
        (200, vector("NaN"), "not finite", "NaN"),
        (200, vector("+Inf"), "not finite", "+Inf"),
        (200, body("scalar", [1, "-Inf"]), "not finite", "-Inf"),
        (200, vector("1", "2"), "several series", "2 of them; aggregate them"),
        (200, body("matrix", []), "refused", "a matrix is no figure"),
        (200, body("string", [1, "a"]), "refused", "a string is no figure"),
        (
            200,
            body("vector", [{"metric": {}, "histogram": [1, {}]}]),
            "refused",
            "histogram_quantile",
        ),
        (
            400,
            b'{"status":"error","errorType":"bad_data","error":"parse error: unexpected end"}',
            "refused",
            "bad_data: parse error: unexpected end",
        ),
        (
            503,
            b'{"status":"error","errorType":"timeout","error":"query timed out"}',
            "refused",
            "timeout: query timed out",
        ),
        (401, b"Unauthorized", "bad reply", "status 401"),
        (302, b"", "bad reply", "status 302"),
        (200, b"<html>", "bad reply", "status 200"),
        (200, b"[1]", "bad reply", "status 200"),
        (200, b'{"status":"success"}', "bad reply", "another form"),
        (200, body("vector", [7]), "bad reply", "another form"),
        (200, body("vector", [{"value": [1, "many"]}]), "bad reply", "another form"),
        (200, body("scalar", []), "bad reply", "another form"),
    ],
)
def test_anything_else_is_none_and_says_why(
    status: int, answer: bytes, lack: str, words: str
) -> None:
    with pytest.raises(NoFigureError) as raised:
        figure(status, answer)
    assert raised.value.lack == lack
    assert words in raised.value.example
