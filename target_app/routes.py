"""The routes that read. POST /api/v1/jobs is in submit.py."""

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from target_app.cursor import MalformedCursorError, cursor_for, read_cursor
from target_app.jobs import is_id, job_json, timestamp
from target_app.metrics import Metrics
from target_app.problems import problem
from target_app.redis_link import RedisUnavailableError
from target_app.store import Listed, Status, Store

JOBS_PATH = "/api/v1/jobs"

MAX_LIMIT = 100

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


def json_response(value: Any, headers: dict[str, str] | None = None) -> Response:
    return _json(msgspec.json.encode(value), headers)


def _json(body: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(body, 200, headers, "application/json")


def _no_such_job() -> Response:
    return problem(404, "There is no such job.")


def job_routes(store: Store) -> APIRouter:
    router = APIRouter()

    @router.get(JOBS_PATH)
    async def list_jobs(
        request: Request, limit: Limit = 20, cursor: str | None = None, status: Status | None = None
    ) -> Response:
        try:
            before_us = None if cursor is None else read_cursor(cursor)
        except MalformedCursorError:
            return problem(422, "The cursor is not one that this API has given.")
        jobs = await store.newest(limit + 1, before_us, [status] if status else list(Status))
        page = jobs[:limit]
        headers = _link_to_next(page[-1], limit, status) if len(jobs) > limit else None
        return json_response([_listed(job) for job in page], headers)

    @router.get(JOBS_PATH + "/{job_id}")
    async def get_job(job_id: str) -> Response:
        job = await store.get(job_id) if is_id(job_id) else None
        return _no_such_job() if job is None else _json(job_json(job))

    @router.delete(JOBS_PATH + "/{job_id}")
    async def cancel_job(job_id: str) -> Response:
        before = await store.cancel(job_id) if is_id(job_id) else None
        if before in (Status.SUCCEEDED, Status.FAILED):
            return problem(409, "The job has ended and can't be cancelled.")
        job = await store.get(job_id) if before else None
        return _no_such_job() if job is None else _json(job_json(job))

    return router


def health_routes(store: Store, metrics: Metrics) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> Response:
        return json_response({"status": "ok"})

    @router.get("/readyz")
    async def readyz() -> Response:
        try:
            await store.ping()
        except RedisUnavailableError:
            return problem(503, "Redis does not answer.", {"retry-after": "1"})
        return json_response({"status": "ready"})

    @router.get("/metrics")
    async def metrics_text() -> Response:
        try:
            jobs = await store.count()
        except RedisUnavailableError:
            jobs = None
        return Response(metrics.text(jobs), media_type="text/plain; version=0.0.4")

    return router


def _listed(job: Listed) -> dict[str, str]:
    return {"id": job.id, "status": job.status, "created_at": timestamp(job.at_us)}


def _link_to_next(last: Listed, limit: int, status: Status | None) -> dict[str, str]:
    query = {"limit": str(limit), "cursor": cursor_for(last.at_us)}
    if status:
        query["status"] = status.value
    return {"link": f'<{JOBS_PATH}?{urlencode(query)}>; rel="next"'}
