"""Paths made from a scenario's endpoint, which may have a query."""

from __future__ import annotations

from urllib.parse import quote


def below(endpoint: str, name: str) -> str:
    """`/jobs/7?tenant=a` of `/jobs?tenant=a` and `7`; what the target calls it, stays one name."""
    return _below(endpoint, quote(name, safe=""))


def label_below(endpoint: str) -> str:
    """How results name all of those: `/jobs/{id}?tenant=a`."""
    return _below(endpoint, "{id}")


def with_query(endpoint: str, query: str) -> str:
    """`/jobs?tenant=a&limit=20` of `/jobs?tenant=a` and `limit=20`."""
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"


def _below(endpoint: str, segment: str) -> str:
    path, mark, query = endpoint.partition("?")
    return f"{path.removesuffix('/')}/{segment}{mark}{query}"
