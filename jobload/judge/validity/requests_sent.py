"""Requests that the generator has no local port or file for ask nothing of the target."""

from __future__ import annotations

from jobload.judge.validity.finding import Finding, ValidityCheck, from_findings, judged, place
from jobload.measure.figures import RunFigures

MORE_ROOM = (
    "Give the generator more files (ulimit -n) or local ports (net.ipv4.ip_local_port_range), fewer"
    " users, or more machines. Where connections are not kept, each request takes a port, for a"
    " minute."
)


def requests_sent(run: RunFigures) -> list[ValidityCheck]:
    """None where all of them were."""
    found = [
        Finding(
            scenario.position,
            f"{place(scenario, stage)}: {stage.record.without_socket:,} of"
            f" {stage.overall.attempts:,} requests found no local port or file descriptor",
        )
        for scenario, stage in judged(run)
        if stage.record.without_socket
    ]
    if not found:
        return []
    expect = "a local port and a file descriptor for each request"
    return [from_findings("requests-sent", found, fine="", expect=expect, advice=MORE_ROOM)]
