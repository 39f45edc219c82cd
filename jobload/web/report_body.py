"""The report of a run as a part of a page: charts, checks, validity and workers as they were."""

from __future__ import annotations

import re
from pathlib import Path

_BODY = re.compile(r"<body>(.*)</body>", re.DOTALL)
_MAIN = "<main>"


def report_body(path: Path) -> str:
    """Scripts and outside addresses in it would do nothing: the page's policy forbids them."""
    match = _BODY.search(path.read_text(encoding="utf-8"))
    body = match[1] if match else "<main></main>"
    # What may be wider than a phone can be moved with the keyboard.
    for scrolls in ('<div class="scroll"', "<pre"):
        body = body.replace(f"{scrolls}>", f'{scrolls} tabindex="0">')
    return body.replace(_MAIN, '<main id="main">', 1)
