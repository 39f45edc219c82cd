"""Bodies that a server has compressed."""

from __future__ import annotations

import zlib

from jobload.load.http.http_error import ErrorKind, HttpError

GZIP = 16 + zlib.MAX_WBITS


def unpacked(body: bytes, coding: str, limit_bytes: int) -> bytes:
    """The body itself, of at most so many bytes; what is not gzip stays as it came."""
    if not body or coding.lower() not in ("gzip", "x-gzip"):
        return body
    inflater = zlib.decompressobj(GZIP)
    try:
        plain = inflater.decompress(body, limit_bytes + 1)
    except zlib.error as error:
        raise HttpError(ErrorKind.BAD_REPLY, f"the body is no gzip: {error}") from None
    if len(plain) > limit_bytes:
        raise HttpError(ErrorKind.TOO_LARGE, f"a body of more than {limit_bytes} bytes, unpacked")
    if not inflater.eof:
        raise HttpError(ErrorKind.BAD_REPLY, "the body is gzip that has no end")
    return plain
