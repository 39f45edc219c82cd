"""Page cursors: a position in the order of creation, which writes can't move. Opaque to clients."""

import re

PATTERN = "[0-9a-f]{13}"  # of 52 bits: exact in Redis's scores, enough for the time in microseconds

_CURSOR = re.compile(PATTERN)


class MalformedCursorError(Exception):
    pass


def cursor_for(position: int) -> str:
    return f"{position:013x}"


def read_cursor(text: str) -> int:
    if not _CURSOR.fullmatch(text):
        raise MalformedCursorError
    return int(text, 16)
