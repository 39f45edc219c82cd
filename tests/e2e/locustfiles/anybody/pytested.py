# mypy: ignore-errors
"""Test functions of pytest, which Locust takes for users where a file has no others."""

import time


def test_items(session):
    session.get("/items").raise_for_status()
    time.sleep(0.05)


def test_orders(fastsession):
    fastsession.post("/orders", json={"n": 1})
    time.sleep(0.05)
