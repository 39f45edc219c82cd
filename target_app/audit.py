"""What the target saw of a run, so that a tester can compare it with what it did."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from target_app.cursor import MalformedCursorError, cursor_for, read_cursor
from target_app.problems import problem
from target_app.routes import json_response
from target_app.store import Store
from target_app.submit import RUN_PATTERN

PAGE = 1000

Run = Annotated[str, Path(pattern=f"^{RUN_PATTERN}$")]


def audit_routes(store: Store) -> APIRouter:
    router = APIRouter(prefix="/-")

    @router.get("/stats")
    async def stats() -> Response:
        by_status = await store.count()
        return json_response({"jobs": sum(by_status.values()), "by_status": by_status})

    @router.get("/runs/{run_id}")
    async def run_counts(run_id: Run) -> Response:
        requests, jobs = await store.run_counts(run_id)
        return json_response({"run_id": run_id, "requests": requests, "jobs": jobs})

    @router.delete("/runs/{run_id}")
    async def forget_run(run_id: Run) -> Response:
        """For the tester that has finished with them: the jobs need not wait to expire."""
        await store.forget_run(run_id)
        return Response(status_code=204)

    @router.get("/runs/{run_id}/operations")
    async def run_operations(
        run_id: Run, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE
    ) -> Response:
        try:
            start = 0 if cursor is None else read_cursor(cursor)
        except MalformedCursorError:
            return problem(422, "The cursor is not one that this API has given.")
        rows = await store.run_operations(run_id, start, limit)
        return json_response(
            {
                "run_id": run_id,
                "operations": [
                    {"key": row.key or None, "job_id": row.job_id, "status": row.status}
                    for row in rows
                ],
                "next": cursor_for(start + limit) if len(rows) == limit else None,
            }
        )

    return router
