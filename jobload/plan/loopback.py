"""Which addresses lead no farther than this machine."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

LOCALHOST = ("localhost", "localhost.")


def is_loopback(address: IPv4Address | IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def literal_address(host: str) -> IPv4Address | IPv6Address | None:
    """The address when the host is written as one."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def leads_to_loopback(host: str) -> bool:
    """Whether what listens on `host` can be reached from this machine only."""
    address = literal_address(host)
    return host in LOCALHOST if address is None else is_loopback(address)
