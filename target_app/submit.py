"""POST /api/v1/jobs as a bare ASGI application: the one route whose speed matters."""

import asyncio
import contextlib
import re

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from target_app.jobs import InvalidJobError, id_for, new_id, read_job, read_key
from target_app.problems import problem, unavailable
from target_app.redis_link import RedisUnavailableError
from target_app.run_counter import RunCounter
from target_app.store import Store, Submitted

RUN_PATTERN = "[A-Za-z0-9._-]{1,64}"

LINGER_S = 0.5
LINGER_BYTES = 8 * 1024 * 1024

_RUN = re.compile(RUN_PATTERN)


class RefusedError(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.response = problem(status, detail)


class KeyConflictError(Exception):
    pass


class ClientGoneError(Exception):
    pass


class SubmitJob:
    def __init__(self, store: Store, max_body_bytes: int) -> None:
        self._store = store
        self._max_body_bytes = max_body_bytes
        self._unstored = RunCounter(store)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        try:
            run = _read_run(headers)
        except RefusedError as refused:
            return await refused.response(scope, receive, send)
        try:
            job_id = await self._submit(headers, receive, run)
        except KeyConflictError:
            detail = "The Idempotency-Key was used before with another body."
            return await problem(422, detail)(scope, receive, send)
        except ClientGoneError:
            return await self._unstored.add(run)
        except (RefusedError, InvalidJobError, RedisUnavailableError) as error:
            await self._unstored.add(run)
            return await _refusal(error)(scope, receive, send)
        body = b'{"id":"%b","status":"pending"}' % job_id
        await send(
            {
                "type": "http.response.start",
                "status": 201,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(body)),
                    (b"location", b"/api/v1/jobs/" + job_id),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})
        return None

    async def count_unserved(self, scope: Scope) -> None:
        """For a POST that was answered, or dropped, in front of this application."""
        if scope["method"] == "POST":
            with contextlib.suppress(RefusedError):
                await self._unstored.add(_read_run(dict(scope["headers"])))

    async def _submit(self, headers: dict[bytes, bytes], receive: Receive, run: str) -> bytes:
        _check_content_type(headers.get(b"content-type", b""))
        key = _read_key(headers.get(b"idempotency-key"))
        body = await self._read_body(headers, receive)
        read_job(body)
        job_id = id_for(key) if key else new_id()
        outcome = await self._store.submit(job_id, body, key, run)
        if outcome is Submitted.CONFLICT:
            raise KeyConflictError
        return job_id.encode()

    async def _read_body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        if int(headers.get(b"content-length", 0)) > self._max_body_bytes:
            raise await self._too_large(receive)
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self._max_body_bytes:
                raise await self._too_large(receive)
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        return body

    async def _too_large(self, receive: Receive) -> RefusedError:
        await _linger(receive)
        return RefusedError(413, f"The body is larger than {self._max_body_bytes} bytes.")


async def _linger(receive: Receive) -> None:
    """Lets a client finish what it sends: one that is cut off may never see the reply."""
    left = LINGER_BYTES
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while left > 0:
                message = await receive()
                if not message.get("more_body"):
                    return
                left -= len(message.get("body", b""))


def _refusal(error: Exception) -> Response:
    if isinstance(error, RefusedError):
        return error.response
    if isinstance(error, InvalidJobError):
        return problem(error.status, str(error))
    return unavailable()


def _check_content_type(value: bytes) -> None:
    if value == b"application/json":
        return
    media_type, _, parameters = value.lower().partition(b";")
    charset = parameters.strip().replace(b'"', b"")
    if media_type.strip() != b"application/json" or charset not in (b"", b"charset=utf-8"):
        raise RefusedError(415, "The content type must be application/json in UTF-8.")


def _read_key(value: bytes | None) -> str:
    if value is None:
        return ""
    key = read_key(value.decode("latin-1"))
    if key is None:
        raise RefusedError(400, "Idempotency-Key must be 1 to 255 printable ASCII characters.")
    return key


def _read_run(headers: dict[bytes, bytes]) -> str:
    value = headers.get(b"x-jobload-run")
    if value is None:
        return ""
    run = value.decode("latin-1")
    if not _RUN.fullmatch(run):
        raise RefusedError(400, "X-Jobload-Run must be 1 to 64 letters, digits, '.', '_' or '-'.")
    return run
