"""report.html: one file that opens offline, light or dark as the reader has it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from jobload.plan.counted import counted
from jobload.report.charts.drawn import Drawn
from jobload.report.charts.scenario_charts import charts
from jobload.report.result import model, stage_model
from jobload.report.text.abandoned_text import abandoned_lines
from jobload.report.text.answer_text import answer_lines, detail_beside_answers
from jobload.report.text.diagnosis_text import diagnosis_lines
from jobload.report.text.noted_text import NotedStage, noted_stages, time_line, where
from jobload.report.text.reason import verdict_reason
from jobload.report.text.scenario_text import configuration_text
from jobload.report.text.search_text import PHASES, RESULTS, telling_stages
from jobload.report.text.shown_figures import seconds_text, share_text, tenths_text


def report_html(result: model.Result) -> str:
    """Everything in it comes from the result, so that a page can be made of that again."""
    return _template().render(
        result=result,
        reason=verdict_reason(result),
        sections=[_Section(scenario, charts(result, scenario)) for scenario in result.scenarios],
        notable=[check for check in result.validity if check.status != "PASS"],
        script=reading_script(),
        script_hash=reading_script_hash(),
    )


@cache
def reading_script() -> str:
    """What reads charts: the only script of a report, which a hash of it lets run and no other."""
    return files("jobload.report").joinpath("templates", "reading.js").read_text(encoding="utf-8")


@cache
def reading_script_hash() -> str:
    return f"sha256-{b64encode(sha256(reading_script().encode()).digest()).decode()}"


@dataclass(frozen=True, slots=True)
class _Section:
    scenario: model.Scenario
    charts: list[Drawn]

    @property
    def configuration(self) -> str:
        return configuration_text(self.scenario)

    @property
    def answers(self) -> list[str]:
        return list(answer_lines(self.scenario))

    @property
    def diagnoses(self) -> list[tuple[str, str]]:
        return list(diagnosis_lines(self.scenario))

    @property
    def follows_jobs(self) -> bool:
        return any(stage.completion for stage in self.scenario.stages)

    @property
    def abandoned(self) -> list[str]:
        return list(abandoned_lines(self.scenario))

    @property
    def stages(self) -> list[stage_model.Stage]:
        return telling_stages(self.scenario)

    @property
    def tries(self) -> list[tuple[str, str, model.CapacityStep]]:
        """What was done, with what result, and the rest."""
        capacity = self.scenario.capacity
        steps = [] if capacity is None else capacity.steps
        return [(PHASES[step.phase], RESULTS[step.passed], step) for step in steps]

    @property
    def noted(self) -> list[NotedStage]:
        return list(noted_stages(self.scenario))

    @property
    def errors(self) -> list[tuple[str, stage_model.ErrorKind]]:
        return [(stage.name, error) for stage in self.scenario.stages for error in stage.errors]


def figure_html(chart: Drawn, of: str) -> str:
    """For a page of others, which has the style and the script of a report."""
    macros: Any = _environment().get_template("figure.html.j2").module
    return str(macros.figure(chart, of))


def _template() -> Template:
    return _environment().get_template("report.html.j2")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("jobload.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"ms": _ms, "count": _count, "rate": tenths_text, "percent": _percent}
    environment.filters |= {"seconds": seconds_text}
    environment.filters |= {"svg": _svg, "where": where, "time_line": time_line}
    environment.filters |= {"detail_beside_answers": detail_beside_answers, "counted": counted}
    return environment


def _ms(value: float | None) -> str:
    return tenths_text(value) if value is None or value < 999.95 else f"{value:,.0f}"


def _count(value: int) -> str:
    return f"{value:,}"


def _percent(value: float | None) -> str:
    return share_text(value, 2)


def _svg(text: str) -> Any:
    """Our own SVG, in which every text of others has been escaped, or our script."""
    return Markup(text)  # noqa: S704  # nothing of others is in it unescaped
