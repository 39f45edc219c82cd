"""The report of a run as a part of a page, made anew from its result.

The folder may come from elsewhere: its report.html could hold anything, a result is only figures.
"""

from __future__ import annotations

import re

from jobload.report.files.html_page import report_html
from jobload.report.result.model import Result

_BODY = re.compile(r"<body>(.*)</body>", re.DOTALL)
_MAIN = "<main>"


class ContradictoryResultError(ValueError):
    """A result of the right form whose figures nothing can be drawn from."""


def report_page(result: Result) -> str:
    try:
        return report_html(result)
    except Exception as error:  # figures of any kind may be in it, infinite ones too
        raise ContradictoryResultError(f"{type(error).__name__}: {error}") from None


def report_body(result: Result) -> str:
    match = _BODY.search(report_page(result))
    assert match is not None
    body = match[1]
    # What may be wider than a phone can be moved with the keyboard.
    for scrolls in ('<div class="scroll"', "<pre"):
        body = body.replace(f"{scrolls}>", f'{scrolls} tabindex="0">')
    return body.replace(_MAIN, '<main id="main">', 1)
