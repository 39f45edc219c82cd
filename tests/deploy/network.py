"""Which pods may talk to which, as the network policies have it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Labels = dict[str, str]
Manifest = dict[str, Any]


def may_reach(policies: Iterable[Manifest], sender: Labels, receiver: Labels, port: int) -> bool:
    specs = [policy["spec"] for policy in policies]
    return _allows(specs, "Egress", sender, receiver, port) and _allows(
        specs, "Ingress", receiver, sender, port
    )


def _allows(specs: list[Manifest], way: str, own: Labels, other: Labels, port: int) -> bool:
    """A pod that no policy of this way selects is open; else one of them must let it through."""
    about = [s for s in specs if way in s["policyTypes"] and _selects(s["podSelector"], own)]
    peers = "to" if way == "Egress" else "from"
    rules = [rule for spec in about for rule in spec.get(way.lower(), ())]
    return not about or any(
        port in [each["port"] for each in rule["ports"]]
        and (peers not in rule or any(_is_peer(peer, other) for peer in rule[peers]))
        for rule in rules
    )


def _is_peer(peer: Manifest, labels: Labels) -> bool:
    return "ipBlock" in peer or _selects(peer["podSelector"], labels)


def _selects(selector: Manifest, labels: Labels) -> bool:
    wanted: Labels = selector["matchLabels"]
    return wanted.items() <= labels.items()
