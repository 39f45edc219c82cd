"""The admin port: PUT, GET and DELETE /behaviour. It listens on loopback only."""

from typing import Protocol

from fastapi import FastAPI, Request
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response

from target_app.behaviour import Behaviour, read_behaviour
from target_app.problems import problem

PATH = "/behaviour"
MAX_BYTES = 1 << 16


class Behaving(Protocol):
    @property
    def behaviour(self) -> Behaviour | None: ...

    def behave(self, behaviour: Behaviour | None) -> None: ...


def admin_api(target: Behaving) -> FastAPI:
    api = FastAPI(openapi_url=None, redirect_slashes=False)
    # A page that was led here under a name of its own has no business here.
    api.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])

    @api.get(PATH)
    async def current() -> Response:
        return _shown(target.behaviour)

    @api.put(PATH)
    async def switch_on(request: Request) -> Response:
        try:
            behaviour = read_behaviour(await _text(request))
        except ValueError as error:
            return problem(422, str(error))
        target.behave(behaviour)
        return _shown(behaviour)

    @api.delete(PATH)
    async def switch_off() -> Response:
        target.behave(None)
        return Response(status_code=204)

    return api


async def _text(request: Request) -> bytes:
    text = b""
    async for piece in request.stream():
        text += piece
        if len(text) > MAX_BYTES:
            raise ValueError(f"a behaviour script has {MAX_BYTES} bytes at most")
    return text


def _shown(behaviour: Behaviour | None) -> Response:
    body = behaviour.model_dump_json() if behaviour else "null"
    return Response(body, media_type="application/json")
