"""python renew_comment.py FILE NAME: one comment on the pull or merge request, renewed each time.

It is found again by a hidden mark with its name. Without a request, or without a token that may
comment (as in a fork), it says so and changes nothing: the summary of the job has the same text.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

A_PAGE = 100
MOST_PAGES = 50
MOST_CHARACTERS = 60_000
WITHIN_S = 20.0
NOT_ALLOWED = (401, 403, 404)


class NoCommentError(Exception):
    """One sentence on why there is none."""


class NotAllowedError(NoCommentError):
    """The same, of what the token may not do."""


@dataclass(frozen=True)
class Request:
    """Where the comments of a pull request are, and where one of them is."""

    comments: str
    one: str
    renewed_by: str
    headers: Mapping[str, str]


def request_of(environ: Mapping[str, str]) -> Request:
    if "GITHUB_API_URL" in environ:
        return _of_github(environ)
    if "CI_API_V4_URL" in environ:
        return _of_gitlab(environ)
    raise NoCommentError("this is neither a GitHub workflow nor a GitLab pipeline")


def _of_github(environ: Mapping[str, str]) -> Request:
    event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    number = event.get("pull_request", {}).get("number")
    if number is None:
        raise NoCommentError("this run is of no pull request")
    issues = f"{environ['GITHUB_API_URL']}/repos/{environ['GITHUB_REPOSITORY']}/issues"
    token = _token(environ, "GITHUB_TOKEN")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    return Request(f"{issues}/{number}/comments", f"{issues}/comments", "PATCH", headers)


def _of_gitlab(environ: Mapping[str, str]) -> Request:
    number = environ.get("CI_MERGE_REQUEST_IID")
    if not number:
        raise NoCommentError("this pipeline is of no merge request")
    project = f"{environ['CI_API_V4_URL']}/projects/{environ['CI_PROJECT_ID']}"
    notes = f"{project}/merge_requests/{number}/notes"
    return Request(notes, notes, "PUT", {"PRIVATE-TOKEN": _token(environ, "JOBLOAD_COMMENT_TOKEN")})


def _token(environ: Mapping[str, str], name: str) -> str:
    if not (token := environ.get(name, "").strip()):
        raise NoCommentError(f"there is no token in {name}")
    return token


def renew(request: Request, text: str, mark: str) -> str:
    body = f"{mark}\n{text}"[:MOST_CHARACTERS]
    for comment in _comments(request):
        if comment["body"].startswith(mark):
            with suppress(NotAllowedError):  # it may be somebody else's, with our mark
                _call(request, request.renewed_by, f"{request.one}/{comment['id']}", body)
                return "renewed"
    _call(request, "POST", request.comments, body)
    return "written"


def _comments(request: Request) -> Iterator[dict[str, Any]]:
    for page in range(1, MOST_PAGES + 1):
        found = _call(request, "GET", f"{request.comments}?per_page={A_PAGE}&page={page}")
        yield from found
        if len(found) < A_PAGE:
            return


def _call(request: Request, method: str, url: str, body: str | None = None) -> Any:
    data = None if body is None else json.dumps({"body": body}).encode()
    headers = {**request.headers, "Content-Type": "application/json"}
    call = urllib.request.Request(url, data, headers, method=method)  # noqa: S310  # an address of the CI's own
    try:
        with urllib.request.urlopen(call, timeout=WITHIN_S) as answer:  # noqa: S310  # as above
            return json.load(answer)
    except urllib.error.HTTPError as error:
        why = f"{method} was answered with HTTP {error.code}"
        if error.code in NOT_ALLOWED:
            raise NotAllowedError(f"{why} (the token may not; that of a fork can't)") from None
        raise NoCommentError(why) from None
    except (OSError, HTTPException, ValueError) as error:
        raise NoCommentError(f"{method} failed: {error}") from None


def main(file: str, name: str) -> None:
    mark = f"<!-- jobload: {name.replace('--', '-')} -->"
    try:
        done = renew(request_of(os.environ), Path(file).read_text(encoding="utf-8"), mark)
    except NoCommentError as error:
        print(f"No comment: {error}. The summary of the job has the same text.")
    else:
        print(f"The comment is {done}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
