"""Either client meets the same servers: what is asked here, both must do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from http_client.certificates import Contexts
from http_client.conftest import (
    _no_file_stays_open,
    authority,
    contexts,
    contexts_of_scheme,
    scheme,
)
from http_client.meeting import Meeting, meeting

from jobload.load.fasthttp.client import FastHttpClient
from jobload.load.http.http_client import HttpClient

__all__ = ["_no_file_stays_open", "authority", "contexts", "contexts_of_scheme", "scheme"]
Meet = Meeting[HttpClient | FastHttpClient]


@pytest.fixture(params=[HttpClient, FastHttpClient])
def client_class(request: pytest.FixtureRequest) -> type[HttpClient | FastHttpClient]:
    kind: type[HttpClient | FastHttpClient] = request.param
    return kind


@pytest.fixture
def meet(
    client_class: type[HttpClient | FastHttpClient], contexts_of_scheme: Contexts | None
) -> Iterator[Meet]:
    with meeting(client_class, contexts_of_scheme) as meet:
        yield meet
