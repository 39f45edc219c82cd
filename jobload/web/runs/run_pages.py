"""The pages of runs: all of them, one, and two beside each other."""

from __future__ import annotations

from importlib.resources import files
from io import BytesIO
from pathlib import PurePath
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask import send_file as send
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from jobload.compare.history.run_series import series_of
from jobload.live.check_watch import CheckWatch
from jobload.live.known_stages import known_stages
from jobload.live.live_run import LiveRun
from jobload.report.files.history import OF_WHOLE_RUNS, HistoryEntry
from jobload.report.files.html_page import reading_script, reading_script_hash
from jobload.report.files.write import REPORT_FILE
from jobload.report.result.model import Result
from jobload.report.text.shown_figures import share_text, tenths_text
from jobload.web.guard.security_headers import allow_no_scripts, allow_only
from jobload.web.live.check_rows import CHECK_COLUMNS, check_rows, reasons
from jobload.web.live.live_charts import CHARTS, observed_charts
from jobload.web.live.live_seconds import LiveSeconds
from jobload.web.live.stage_rows import STAGE_COLUMNS, diagnosis_lines, stage_rows
from jobload.web.run_control import RunControl
from jobload.web.runs.report_body import ContradictoryResultError, report_body, report_page
from jobload.web.runs.run_store import RunStore, Unreadable
from jobload.web.runs.runs_compared import compare
from jobload.web.runs.series_charts import series_sections

OTHERS = 50
NEUTRAL = "application/octet-stream"
PAGE_COLUMNS = {key: title for key, title in STAGE_COLUMNS.items() if key != "diagnosis"}
"""A diagnosis is a sentence, for which the table of a page has no room beside the figures."""


class RunPages:
    def __init__(
        self, control: RunControl, store: RunStore, watch: CheckWatch, seconds: LiveSeconds
    ) -> None:
        self._control = control
        self._store = store
        self._watch = watch
        self._seconds = seconds

    def add_to(self, pages: Blueprint) -> None:
        pages.add_url_rule("/", "home", lambda: redirect(url_for("jobload.runs")))
        pages.add_url_rule("/runs", "runs", self._runs)
        pages.add_url_rule("/runs/<run_id>", "run", self._run)
        pages.add_url_rule("/runs/<run_id>/live", "live", self._live)
        pages.add_url_rule("/runs/<run_id>/files/<path:name>", "file", self._file)
        pages.add_url_rule("/compare", "compare", self._compare)
        pages.add_url_rule("/state", "state", self._state)
        pages.add_url_rule("/report.css", "report_css", _report_css)
        pages.add_url_rule("/reading.js", "reading_js", _reading_js)

    @property
    def _going_on(self) -> LiveRun | None:
        """Until its reports are written."""
        run = self._control.run
        return None if run is None or run.over.is_set() else run

    # --- pages ------------------------------------------------------------------------------

    def _runs(self, error: str = "", status: int = 200) -> tuple[str, int]:
        run, ids, history = self._going_on, self._store.ids(), self._store.history()
        known = {entry.run_id: entry for entry in history}
        allow_no_scripts()
        page = render_template(
            "jobload/runs.html",
            here="runs",
            runs=[known.get(run_id) or HistoryEntry(run_id=run_id) for run_id in ids],
            ids={*ids},
            sections=series_sections(series_of(history)) if run is None else [],
            going_on=run.id if run is not None else None,
            chosen=request.args.getlist("run"),
            share_text=share_text,
            tenths_text=tenths_text,
            of_whole_runs=OF_WHOLE_RUNS,
            error=error,
        )
        return page, status

    def _run(self, run_id: str) -> str | tuple[str, int]:
        run = self._going_on
        if run is not None and run.id == run_id:
            return self._live_page(run)
        result = self._store.read(run_id)
        if result is None:
            return self._runs(f"There is no run {run_id} in the results folder.", 404)
        allow_only(reading_script_hash())
        body, unreadable = _body(run_id, result)
        every = self._store.files(run_id)
        own = [name for name in every if len(PurePath(name).parts) == 1]
        return render_template(
            "jobload/run.html",
            run_id=run_id,
            unreadable=unreadable,
            body=Markup(body),  # noqa: S704  # our own report, escaped when it was made
            files=own,
            histograms=[name for name in every if name not in own],
            others=[other for other in self._store.ids() if other != run_id][:OTHERS],
        )

    def _live_page(self, run: LiveRun) -> str:
        stages = stage_rows(run)
        return render_template(
            "jobload/live.html",
            run=run,
            host=self._control.shown_host,
            place=place(run),
            stages=stages,
            diagnoses=diagnosis_lines(stages),
            checks=check_rows(run, self._watch),
            stage_columns=PAGE_COLUMNS,
            check_columns=CHECK_COLUMNS,
            charts=[*CHARTS[:2], *observed_charts(run), *CHARTS[2:]],
        )

    def _compare(self) -> AnyResponse | str | tuple[str, int]:
        chosen = list(dict.fromkeys(request.args.getlist("run")))
        if len(chosen) != 2:
            return self._runs("Tick two runs to compare them.", 400)
        results = []
        for run_id in chosen:
            result = self._store.read(run_id)
            if result is None:
                return self._runs(f"There is no run {run_id} in the results folder.", 404)
            if isinstance(result, Unreadable):
                return self._runs(result.reason, 422)
            results.append(result)
        allow_only(reading_script_hash())
        return render_template(
            "jobload/compare.html",
            found=compare(*results),
            script=Markup(reading_script()),  # noqa: S704  # our own
        )

    # --- for scripts ------------------------------------------------------------------------

    def _live(self, run_id: str) -> Response:
        """What the page of a run that goes on needs to be up to date."""
        run = self._control.run
        if run is None or run.id != run_id or run.over.is_set():
            return jsonify({"over": True})
        known = max(0, request.args.get("known", 0, int))
        stages = stage_rows(run)
        return jsonify(
            {
                "over": False,
                "status": "RUNNING" if run.result is None else run.result.status,
                "place": place(run),
                "elapsed_s": round(run.elapsed_s),
                "stages": [[row[column] for column in PAGE_COLUMNS] for row in stages],
                "diagnoses": diagnosis_lines(stages),
                "checks": [list(row.values()) for row in check_rows(run, self._watch)],
                "bands": _bands(run),
                "seconds": self._seconds.after(run, known),
            }
        )

    def _state(self) -> Response:
        """What the script on Locust's page asks for."""
        run = self._control.run
        if run is None:
            return jsonify({"run": None})
        result = run.result if run.over.is_set() else None
        return jsonify(
            {
                "run": {
                    "id": run.id,
                    "page": url_for("jobload.run", run_id=run.id),
                    "status": None if result is None else result.status,
                    "reasons": [] if result is None else reasons(result)[:3],
                    "place": place(run),
                }
            }
        )

    # --- files ------------------------------------------------------------------------------

    def _file(self, run_id: str, name: str) -> Response:
        """Something to keep, never something to open here."""
        shown = f"{run_id}-{name.replace('/', '-')}"
        if name == REPORT_FILE:
            return self._report(run_id, shown)
        path = self._store.path(run_id, name)
        if path is None:
            abort(404)
        response = send(path.resolve(), NEUTRAL, as_attachment=True, download_name=shown)
        allow_no_scripts()
        return response

    def _report(self, run_id: str, shown: str) -> Response:
        result = self._store.read(run_id)
        if result is None or isinstance(result, Unreadable):
            abort(404)
        try:
            page = report_page(result)
        except ContradictoryResultError:
            abort(404)
        allow_no_scripts()
        return send(BytesIO(page.encode()), NEUTRAL, as_attachment=True, download_name=shown)


def _body(run_id: str, result: Result | Unreadable) -> tuple[str, str]:
    """(the report, or else why there is none)."""
    if isinstance(result, Unreadable):
        return "", result.reason
    try:
        return report_body(result), ""
    except ContradictoryResultError as error:
        return "", f"The figures of {run_id} contradict each other ({error})."


def place(run: LiveRun) -> str:
    """Where the run stands, in words."""
    if run.result is not None:
        return "The reports are being written."
    if run.position < 0:
        return "Getting ready."
    scenario = run.setup.scenarios[run.position]
    if run.phase != "load":
        return f"{scenario.name}: waiting for the requests in flight."
    stage = known_stages(run, run.figures(), run.position)[run.stage_index]
    return f"{scenario.name}, stage {stage.name}"


def _bands(run: LiveRun) -> list[dict[str, Any]]:
    return [
        {"name": s.name, "first": s.started_s, "last": s.ended_s, "judged": s.stage.judged}
        for s in run.figures().stages
    ]


def _reading_js() -> Response:
    return Response(reading_script(), content_type="text/javascript; charset=utf-8")


def _report_css() -> Response:
    css = files("jobload.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
    return Response(css, content_type="text/css; charset=utf-8")
