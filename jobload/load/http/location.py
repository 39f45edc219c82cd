"""Where an address that a reply has given leads: at the target itself, whatever host it names, so
that neither load nor headers go elsewhere."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

_HERE = "http://target"
"""Paths are resolved as those of whole addresses; without a host `..` would count wrongly."""
_TARGET = re.compile(r"/(?!/)[!-~]*", re.ASCII)
_PLAIN = "".join(map(chr, range(0x21, 0x7F))).replace("#", "")


def resolved(asked: str, said: str) -> str:
    """A Location; where it is relative, it is so to what was asked."""
    try:
        joined = urljoin(_HERE + asked, said)
    except ValueError:
        return said
    return joined.removeprefix(_HERE) if joined.startswith(f"{_HERE}/") else joined


def quoted(target: str) -> str:
    """With each character encoded that can't stand in a request line, and no other."""
    return quote(target, safe=_PLAIN)


def target_of(address: str) -> str:
    """Its path and query, as a request line has them; ValueError with the reason if it has none.
    What can't stand there is percent-encoded, as browsers do."""
    try:
        url = urlsplit(address)
    except ValueError:
        raise ValueError(f"'{address}' is no address") from None
    path = url.path or ("/" if url.netloc else "")
    target = quoted(f"{path}{'?' if url.query else ''}{url.query}")
    if not _TARGET.fullmatch(target):
        raise ValueError(f"'{address}' is no address and no path that begins with one /")
    return target
