"""Locust's client meets the same servers."""

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

__all__ = ["_no_file_stays_open", "authority", "contexts", "contexts_of_scheme", "scheme"]
Meet = Meeting[FastHttpClient]


@pytest.fixture
def meet(contexts_of_scheme: Contexts | None) -> Iterator[Meet]:
    with meeting(FastHttpClient, contexts_of_scheme) as meet:
        yield meet
