"""What a server has packed a body with: gzip and deflate are taken off, within bounds, because a
small reply may hold any amount."""

from __future__ import annotations

import zlib

MOST_BYTES = 16 * 1024 * 1024
"""As of a reply that is not packed."""
MOST_LAYERS = 3
MOST_MEMBERS = 10
_GZIP, _ZLIB, _RAW = 31, 15, -15
_MEMBER = b"\x1f\x8b"


class UnreadableError(ValueError):
    """Half a sentence on why."""


def unpacked(body: bytes, encoding: str) -> bytes:
    """`encoding` is the header Content-Encoding."""
    names = (name.strip() for name in encoding.split(","))
    layers = [name for name in names if name.lower() not in ("", "identity")]
    if len(layers) > MOST_LAYERS:
        raise UnreadableError(f"packed more than {MOST_LAYERS} times")
    for name in reversed(layers):
        kind = name.lower()
        if kind not in ("gzip", "x-gzip", "deflate"):
            # Whole and as it came: what may be a secret in it is masked first, and then it is cut.
            raise UnreadableError(f"Content-Encoding {name}: only gzip and deflate can be read")
        try:
            body = _inflated(body) if kind == "deflate" else _gunzipped(body)
        except zlib.error:
            raise UnreadableError(f"Content-Encoding {name}, but it is none") from None
    return body


def _gunzipped(packed: bytes) -> bytes:
    """It may have several members, and anything behind them."""
    parts: list[bytes] = []
    left_bytes, rest = MOST_BYTES, packed
    while not parts or rest.startswith(_MEMBER):
        if len(parts) == MOST_MEMBERS:
            raise UnreadableError(f"gzip of more than {MOST_MEMBERS} members")
        part, rest = _one(rest, _GZIP, left_bytes)
        parts.append(part)
        left_bytes -= len(part)
    return b"".join(parts)


def _inflated(packed: bytes) -> bytes:
    """Some servers leave out what zlib puts around it."""
    try:
        return _one(packed, _ZLIB, MOST_BYTES)[0]
    except zlib.error:
        return _one(packed, _RAW, MOST_BYTES)[0]


def _one(packed: bytes, form: int, most_bytes: int) -> tuple[bytes, bytes]:
    """What it holds, and what follows it."""
    stream = zlib.decompressobj(form)
    part = stream.decompress(packed, most_bytes + 1)
    if len(part) > most_bytes:
        raise UnreadableError(f"unpacked it is over {MOST_BYTES >> 20} MiB")
    if not stream.eof:
        raise UnreadableError("packed, and cut short")
    return part, stream.unused_data
