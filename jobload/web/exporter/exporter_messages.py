"""What passes between the process that leads a run and the one that tells of it.

There: frames and traced operations, packed, each with its length before it. Back: a JSON line for
each event.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import BinaryIO

import msgspec

from jobload.live.metrics.frame import Frame, TracedOperation

_length = Struct("!I")


class ExporterSettings(msgspec.Struct, frozen=True):
    """`socket` is the number of the descriptor that already listens on `host`; `otlp` the endpoint
    to push to. Without `needs_token` nobody has to show one."""

    socket: int | None = None
    host: str = ""
    needs_token: bool = False
    otlp: str | None = None


class Message(msgspec.Struct):
    frame: Frame | None = None
    traced: list[TracedOperation] = []


class ExporterEvent(msgspec.Struct, omit_defaults=True):
    """`scraped`: somebody has read a frame, and whether it was of a run that is over; `pushed`:
    what a run came to has been pushed, or could not be; `problem`: a sentence."""

    ready: bool = False
    scraped: bool = False
    is_last: bool = False
    pushed: bool = False
    problem: str = ""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)


def packed(message: Message) -> bytes:
    body = _encoder.encode(message)
    return _length.pack(len(body)) + body


def messages(stream: BinaryIO) -> Iterator[Message]:
    """Until the stream ends, as it does when the other process is gone."""
    while len(head := stream.read(_length.size)) == _length.size:
        (length,) = _length.unpack(head)
        if len(body := stream.read(length)) < length:
            return
        yield _decoder.decode(body)
