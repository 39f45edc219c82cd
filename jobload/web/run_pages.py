"""The pages of runs: all of them, one, and two beside each other."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, send_file, url_for

from jobload.web.check_rows import reasons
from jobload.web.desk import Desk
from jobload.web.run_store import RunStore


class RunPages:
    def __init__(self, desk: Desk, store: RunStore) -> None:
        self._desk = desk
        self._store = store

    def add_to(self, pages: Blueprint) -> None:
        pages.add_url_rule("/runs", "runs", self._runs)
        pages.add_url_rule("/runs/<run_id>", "run", self._run)
        pages.add_url_rule("/runs/<run_id>/files/<path:name>", "file", self._file)
        pages.add_url_rule("/state", "state", self._state)

    def _runs(self) -> str:
        return render_template("jobload/runs.html", runs=self._store.summaries(), here="runs")

    def _run(self, run_id: str) -> str:
        abort(404)

    def _file(self, run_id: str, name: str) -> Response:
        path = self._store.path(run_id, name)
        if path is None:
            abort(404)
        return send_file(path.resolve(), as_attachment=True, download_name=f"{run_id}-{path.name}")

    def _state(self) -> Response:
        """What the script on Locust's page asks for."""
        run = self._desk.run
        if run is None:
            return jsonify({"run": None})
        result = run.result
        state: dict[str, Any] = {
            "id": run.id,
            "page": url_for("jobload.run", run_id=run.id),
            "status": None if result is None else result.status,
            "reasons": [] if result is None else reasons(result)[:3],
            "place": _place(run),
        }
        return jsonify({"run": state})


def _place(run: Any) -> str:
    if run.position < 0:
        return "preparing"
    scenario = run.setup.scenarios[run.position]
    if run.phase != "load":
        return f"{scenario.name}, waiting for requests in flight"
    stage = scenario.stages()[run.stage_index]
    return f"{scenario.name}, {stage.name}"
