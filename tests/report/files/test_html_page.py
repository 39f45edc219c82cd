from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from xml.etree import ElementTree as Xml

import pytest
from made_result import THRESHOLDS, checks_of, full_run, result_of
from made_run import Beat, MadeRun, light, planned

from jobload.judge.verdict import judge
from jobload.measure.figures import RunFigures
from jobload.plan.stage import Stage
from jobload.report.files.html_page import report_html
from jobload.report.result.result import build_result

MOST_BYTES = 1_500_000
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """The elements of a page; complains when they are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def html(run: RunFigures, text: str | None = None) -> str:
    return report_html(result_of(run, text))


@pytest.fixture(scope="module")
def full() -> str:
    return html(full_run(), THRESHOLDS)


def test_the_page_is_well_formed(full: str) -> None:
    tags = [tag for tag, _ in Page(full).seen]
    assert tags.count("html") == tags.count("body") == 1
    assert tags.count("section") == 6


def test_the_page_opens_offline_and_runs_nothing_but_what_reads_its_charts(full: str) -> None:
    page = Page(full)
    assert not {"link", "img", "iframe", "object"} & {tag for tag, _ in page.seen}
    (script,) = re.findall(r"<script>(.*?)</script>", full, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in full
    for _, attributes in page.seen:
        assert not {"src", "srcset", "onload", "style"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in full
    assert "@import" not in full
    policy = dict(page.seen)["meta"]
    assert policy is not None
    assert "default-src 'none'" in full


def test_it_is_light_or_dark_as_the_reader_has_it(full: str) -> None:
    assert "@media (prefers-color-scheme: dark)" in full
    assert '<meta name="color-scheme" content="light dark">' in full
    drawings = "".join(re.findall(r"<svg.*?</svg>", full, re.DOTALL))
    assert not re.search(r"#[0-9a-f]{3,6}\b|rgb|fill=|stroke=", drawings)


def test_verdict_checks_and_stages_are_on_the_page(full: str) -> None:
    words = Page(full).words()
    assert words.startswith("FAIL · jobload 20261122-110500-ab12cd")
    assert "spike: error_rate 28.6 %, expected <= 20%" in words
    assert "throughput (hold) PASS 50/s >= 40/s" in words
    assert "1,250 samples, 2,995 needed for p99.9" in words
    assert "breaking point reached at concurrency 150" in words
    assert "Recovery: back within the baseline's figures" in words
    assert "Drift: p95 grew by" in words
    assert "1,005 spike http-500 HTTP 500 from the target" in words
    assert "no-stall : longest silence" in words


def test_each_scenario_has_its_charts_wide_and_narrow(full: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", full, re.DOTALL)
    assert len(drawings) == 4 * 4 * 2
    for drawing in drawings:
        Xml.fromstring(drawing)
    titles = re.findall(r"<figcaption>([A-Z][a-z ]+) <small>", full)
    assert titles == ["Rate", "Response time", "Users", "Percentile spectrum"] * 4
    kinds = re.findall(r'class="line-(\w+)"', full)
    assert {"offered", "started", "completed", "failed", "p50", "p95", "p99"} <= set(kinds)
    assert {"response", "service", "users"} <= set(kinds)


def test_every_line_has_a_colour_and_its_key_the_same(full: str) -> None:
    style = full[: full.index("</style>")]
    for kind in set(re.findall(r'class="line-(\w+)"', full)):
        assert re.search(rf"\.line-{kind}, \.key-{kind}\b.* {{ --of: var\(--", style)


def test_the_stages_are_marked_in_the_charts(full: str) -> None:
    rate = re.findall(r"<svg.*?</svg>", full, re.DOTALL)[8]
    names = [node.text for node in Xml.fromstring(rate).iter() if node.get("class") == "band-name"]
    assert names == ["baseline", "ramp-up", "spike", "recovery"]


def test_no_line_leaves_the_chart_when_a_stage_ends_a_moment_late() -> None:
    run = MadeRun()
    scenario = run.play(light(), planned())
    scenario.stages[-1].ended_s += 0.004
    (rate, *_) = re.findall(r"<svg.*?</svg>", html(run.end()), re.DOTALL)
    (hold,) = (node for node in Xml.fromstring(rate).iter() if "odd" in node.get("class", ""))
    end = float(hold.get("x", "")) + float(hold.get("width", ""))
    points = re.findall(r'points="([^"]+)"', rate)
    assert max(float(x) for line in points for x in re.split("[ ,]", line)[::2]) <= end


def test_texts_of_others_are_text() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(
            ms=[5.0],
            failed=1,
            error="<script>alert(1)</script>",
            endpoint='GET /<img src=x onerror="alert(1)">' if second % 2 else "GET /a",
        )

    run = MadeRun(end_reason="crashed", end_detail="</style><script>alert(2)</script>")
    run.play(light(), beats)
    figures = run.end()
    figures.host = 'http://h/"><script>alert(3)</script>'
    page = Page(html(figures))
    assert "img" not in {tag for tag, _ in page.seen}
    assert [tag for tag, _ in page.seen].count("script") == 1  # ours
    assert "<script>alert(1)</script>" in page.words()


@pytest.mark.slow
@pytest.mark.parametrize(("repetitions", "duration"), [(1, "3000s"), (60, "8s")])
def test_a_long_run_and_many_runs_stay_under_the_size(repetitions: int, duration: str) -> None:
    run = MadeRun()
    for _ in range(repetitions):
        run.play(
            light(duration=duration, rate=10.0),
            lambda stage, second: Beat(ms=[5.0 + second % 97, 800.0 - second % 89], failed=1),
        )
    text = html(run.end())
    Page(text)
    assert len(text.encode()) < MOST_BYTES


def test_a_run_without_any_figures_has_a_page() -> None:
    run = MadeRun(end_reason="no-target", end_detail="nothing listens on 127.0.0.1:1").end()
    page = Page(report_html(build_result(run, judge(run, {}), {}, environment={})))
    assert "the target did not answer: nothing listens on 127.0.0.1:1" in page.words()


def test_a_scenario_that_only_failed_has_charts_without_latencies() -> None:
    run = MadeRun()
    run.play(light(), lambda stage, second: Beat(failed=50))
    text = html(run.end())
    Page(text)
    assert re.findall(r"<figcaption>([A-Z][a-z ]+) <small>", text) == [
        *("Rate", "Response time", "Users"),
    ]


def test_a_profile_shows_limits_that_were_not_judged() -> None:
    run = MadeRun(profile_only=True)
    run.play(light(), planned())
    figures = run.end()
    assert checks_of(figures, "scenarios: {light: []}")
    assert "Limits, not judged: error_rate <= 1% [implied]" in Page(html(figures)).words()


def test_all_that_is_reached_by_keyboard_has_a_name_of_its_own() -> None:
    run = MadeRun()
    for repetition in (1, 2):
        run.play(light(), planned()).repetition = repetition
    page = report_html(result_of(run.end()))
    named = re.findall(
        r'<div class="scroll" tabindex="0" role="region" aria-label="([^"]+)">', page
    )
    assert len(named) == page.count('tabindex="0"') == len(set(named))
    assert {"Checks of light", "Stages of light (repetition 2)", "Workers"} <= {*named}
