"""The jobs API as one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from target_app import access_log
from target_app.admin import admin_api
from target_app.audit import audit_routes
from target_app.behaviour import Behaviour
from target_app.metrics import Metrics
from target_app.misbehaving import Misbehaving
from target_app.openapi import allowed_methods, openapi_document
from target_app.problems import problem, unavailable
from target_app.redis_link import RedisLink, RedisUnavailableError
from target_app.routes import JOBS_PATH, health_routes, job_routes
from target_app.settings import Settings
from target_app.store import Store
from target_app.submit import SubmitJob


class Target:
    """POST /api/v1/jobs goes straight to its handler, everything else through FastAPI."""

    def __init__(self, settings: Settings, metrics: Metrics, admin_port: int | None = None) -> None:
        self._metrics = metrics
        self.link = RedisLink(settings.redis_url, settings.redis_timeout_s, metrics.redis_failed)
        self.store = Store(self.link, settings.key_prefix, settings.job_ttl_s)
        self._submit = SubmitJob(self.store, settings.max_body_bytes)
        self._api = _api(self.store, self.link, metrics)
        self._admin = admin_api(self)
        self._admin_port = admin_port
        self._misbehaving: Misbehaving | None = None
        self.behave(settings.behaviour)
        if settings.access_log:
            access_log.switch_on()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._api(scope, receive, send)
        watched = self._metrics.began(send)
        try:
            if self._misbehaving is not None and scope["path"].startswith("/api/"):
                await self._misbehaving(scope, receive, watched.send)
            else:
                await self._serve(scope, receive, watched.send)
        finally:
            took_s = self._metrics.ended(scope, watched)
            access_log.log_request(scope, watched.status, took_s)

    @property
    def behaviour(self) -> Behaviour | None:
        return self._misbehaving.behaviour if self._misbehaving else None

    def behave(self, behaviour: Behaviour | None) -> None:
        self._misbehaving = (
            Misbehaving(behaviour, self._serve, self._submit.count_unserved) if behaviour else None
        )

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == JOBS_PATH and scope["method"] == "POST":
            await self._submit(scope, receive, send)
        elif self._admin_port and scope.get("server", ("", 0))[1] == self._admin_port:
            await self._admin(scope, receive, send)
        else:
            await self._api(scope, receive, send)


def _api(store: Store, link: RedisLink, metrics: Metrics) -> FastAPI:
    @asynccontextmanager
    async def connected(_: FastAPI) -> AsyncIterator[None]:
        await link.start()
        yield
        await link.close()

    api = FastAPI(
        lifespan=connected,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    document = openapi_document()
    api.openapi = lambda: document  # type: ignore[method-assign]  # FastAPI's way
    api.include_router(job_routes(store))
    api.include_router(health_routes(store, metrics))
    api.include_router(audit_routes(store))
    api.add_exception_handler(RedisUnavailableError, _redis_unavailable)
    api.add_exception_handler(RequestValidationError, _not_valid)
    api.add_exception_handler(HTTPException, _http_error)
    api.add_exception_handler(Exception, _unexpected)
    return api


async def _redis_unavailable(_: Request, __: Exception) -> Response:
    return unavailable()


async def _not_valid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    places = {".".join(map(str, found["loc"])): found["msg"] for found in error.errors()}
    return problem(422, "; ".join(f"{place}: {text}" for place, text in places.items()))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    details = {404: "There is nothing at this path.", 405: "The path does not have this method."}
    detail = details.get(error.status_code, "The request can't be served.")
    headers = dict(error.headers or {})
    if error.status_code == 405:  # the framework names those of one route only
        headers["Allow"] = ", ".join(allowed_methods(request.app.openapi(), request.url.path))
    return problem(error.status_code, detail, headers)


async def _unexpected(_: Request, __: Exception) -> Response:
    return problem(500, "This is a defect of the target; its log has the details.")
