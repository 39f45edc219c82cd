"""report.html: one file that opens offline, light or dark as the reader has it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from jobload.plan.counted import counted
from jobload.report.charts.drawn import Drawn
from jobload.report.charts.scenario_charts import charts
from jobload.report.result import model
from jobload.report.text.answer_text import answer_lines, detail_beside_answers
from jobload.report.text.diagnosis_text import diagnosis_lines
from jobload.report.text.frequent_text import abandoned_lines
from jobload.report.text.noted_text import (
    noted_operations,
    noted_stages,
    noted_title,
    time_line,
    where,
)
from jobload.report.text.reason import check_name, verdict_reason
from jobload.report.text.scenario_text import configuration_text, scenario_title
from jobload.report.text.search_text import PHASES, RESULTS, telling_stages
from jobload.report.text.shown_figures import seconds_text, share_text, tenths_text

_TEXTS: tuple[Callable[..., Any], ...] = (
    abandoned_lines,
    answer_lines,
    check_name,
    configuration_text,
    counted,
    detail_beside_answers,
    diagnosis_lines,
    noted_operations,
    noted_stages,
    noted_title,
    scenario_title,
    telling_stages,
    time_line,
    where,
)
"""What the template calls by these names."""


def report_html(result: model.Result) -> str:
    """Everything in it comes from the result, so that a page can be made of that again."""
    return _template().render(
        result=result,
        reason=verdict_reason(result),
        sections=[(scenario, charts(result, scenario)) for scenario in result.scenarios],
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
    environment.filters |= {"seconds": seconds_text, "svg": _svg}
    environment.filters |= {text.__name__: text for text in _TEXTS}
    environment.globals |= {"PHASES": PHASES, "RESULTS": RESULTS}
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
