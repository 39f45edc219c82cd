"""Page cursors: a position in the order of creation, which writes can't move. Opaque to clients."""

import base64
import binascii
import re

_POSITION = re.compile(rb"v1:([1-9][0-9]{0,15})")


class MalformedCursorError(Exception):
    pass


def cursor_for(at_us: int) -> str:
    return base64.urlsafe_b64encode(b"v1:%d" % at_us).rstrip(b"=").decode()


def read_cursor(text: str) -> int:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise MalformedCursorError from None
    position = _POSITION.fullmatch(raw)
    if position is None or cursor_for(int(position[1])) != text:
        raise MalformedCursorError
    return int(position[1])
