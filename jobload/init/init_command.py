"""jobload init: scenarios.yaml and thresholds.yaml to begin with."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobload.init.draft import Draft

DESCRIPTION = """\
Writes scenarios.yaml and thresholds.yaml, with comments that explain them: from nothing, or from
what there is of the API to be loaded. It sends nothing, and overwrites nothing."""
_SHOWN_THINGS = 8
EPILOG = """\
What could not be taken over is told here and in comments. Secrets, such as tokens, cookies and
passwords, are never written down: ${NAME} in their place is taken from the environment."""


def add_init(commands: Any) -> None:
    parser = commands.add_parser(
        "init",
        help="write scenarios.yaml and thresholds.yaml: from nothing, OpenAPI, HAR or a curl line",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--openapi", metavar="FILE", help="OpenAPI 3.0 or later, JSON or YAML")
    source.add_argument("--har", metavar="FILE", help="a recording of a browser's network tab")
    source.add_argument("--curl", metavar="TEXT", help="a curl command in quotes, or - for stdin")
    parser.add_argument(
        "--operation",
        metavar="NAME",
        action="append",
        default=[],
        help="with --openapi: only this one, by operationId or as 'POST /jobs'; repeatable",
    )
    parser.add_argument(
        "--pauses", action="store_true", help="with --har: pause as long as the recording does"
    )
    parser.add_argument("--into", metavar="DIR", default=".", help="default: the current folder")
    parser.set_defaults(action=init, parser=parser)


def init(arguments: argparse.Namespace, _: list[str]) -> int:
    for option, owner in (("operation", "openapi"), ("pauses", "har")):
        if getattr(arguments, option) and not getattr(arguments, owner):
            arguments.parser.error(f"--{option} goes with --{owner}")
    draft = _draft(arguments)
    folder = Path(arguments.into)
    _write(folder, draft)
    print("\n".join(_words(folder, draft)))
    return 0


def _draft(arguments: argparse.Namespace) -> Draft | None:
    """Imported here, since no other command needs what reads OpenAPI."""
    if arguments.openapi is not None:
        from jobload.init.openapi.openapi_draft import openapi_draft

        return openapi_draft(arguments.openapi, arguments.operation)
    if arguments.har is not None:
        from jobload.init.har.har_draft import har_draft

        return har_draft(arguments.har, pauses=arguments.pauses)
    if arguments.curl is not None:
        from jobload.init.curl.curl_draft import curl_draft

        return curl_draft(arguments.curl)
    return None


def _write(folder: Path, draft: Draft | None) -> None:
    from jobload.init.new_files import write_new
    from jobload.init.starter import starter_files

    if draft is None:
        write_new(folder, starter_files())
        return
    from jobload.init.checked_files import checked_files

    write_new(folder, checked_files(draft))


def _words(folder: Path, draft: Draft | None) -> Iterator[str]:
    from jobload.init.scenarios_text import run_line

    names = ["scenarios.yaml", "thresholds.yaml", *(draft.files if draft else ())]
    yield f"Wrote {', '.join(str(folder / name) for name in names)}"
    if draft is not None:
        yield from _told(draft)
    yield "Look at them, then:"
    for name in draft.secrets if draft else ():
        yield f"  export {name}=..."
    yield f"  jobload validate --scenarios {folder / 'scenarios.yaml'}"
    yield f"  {run_line(draft, folder)}"


def _told(draft: Draft) -> Iterator[str]:
    from jobload.init.draft import Step
    from jobload.init.loose_data import on_one_line

    for remark in draft.remarks:
        yield on_one_line(f"note: {remark}")
    for entry in draft.left_out:
        more = len(entry.things) - _SHOWN_THINGS
        rest = f", and {more} more, named in scenarios.yaml" if more > 0 else ""
        yield f"not taken over: {entry.reason}: {', '.join(entry.things[:_SHOWN_THINGS])}{rest}"
    steps = (step for flow in draft.flows for step in flow.steps if isinstance(step, Step))
    for step in steps:
        for warning in step.warnings:
            yield on_one_line(f"note: {step.name}: {warning}")
