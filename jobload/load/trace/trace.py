"""A trace of one operation (W3C Trace Context): each of its requests is a span under one parent."""

from __future__ import annotations

from random import Random

HEADER = "traceparent"
_MARK = b"\r\ntraceparent: "
_END_OF_HEAD = b"\r\n\r\n"


class Trace:
    """`span` is that of the request that was signed last."""

    __slots__ = ("_random", "id", "root", "span")

    def __init__(self, random: Random) -> None:
        self._random = random
        self.id = _hex(random, 128)
        self.root = _hex(random, 64)
        self.span = ""

    def next_parent(self) -> str:
        """The value of the header for one more request."""
        self.span = _hex(self._random, 64)
        return self._parent(self.span)

    def sign(self, request: bytes) -> bytes:
        """One attempt of a request, as it goes over the wire."""
        return _signed(request, self.next_parent())

    def sign_as_whole(self, request: bytes) -> bytes:
        """What belongs to the operation, and is none of its steps."""
        return _signed(request, self._parent(self.root))

    def _parent(self, span: str) -> str:
        return f"00-{self.id}-{span}-01"


def _signed(request: bytes, parent: str) -> bytes:
    return request.replace(_END_OF_HEAD, b"%b%b%b" % (_MARK, parent.encode(), _END_OF_HEAD), 1)


def _hex(random: Random, bits: int) -> str:
    """All zeros are no id."""
    return f"{random.getrandbits(bits) or 1:0{bits // 4}x}"
