"""The built pages: strict, offline, and for everybody."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from generated import EXAMPLE_REPORT
from pages import DOCS, ROOT
from web_process import browse, needs_browser

pytestmark = pytest.mark.processes

BIN = Path(sys.executable).parent
LOOK = Path(__file__).with_name("look_at_pages.py")
LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """As `make docs` does."""
    recipe = re.search(r"sphinx-build (.*) docs \$\(SITE\)", (ROOT / "Makefile").read_text())
    assert recipe
    command: list[str | Path] = [
        BIN / "sphinx-build",
        *shlex.split(recipe[1]),
        "-c",
        DOCS,
        source,
        site,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=110)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(DOCS, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_there_and_the_example_report(site: Path) -> None:
    for page in DOCS.glob("**/*.md"):
        assert (site / page.relative_to(DOCS).with_suffix(".html")).exists()
    assert f'href="{EXAMPLE_REPORT}"' in (site / "report.html").read_text()
    assert "<h1>" in (site / EXAMPLE_REPORT).read_text()


def test_nothing_is_loaded_from_anywhere_else(site: Path) -> None:
    pages = [*site.glob("**/*.html")]
    assert pages
    foreign = [
        f"{page.relative_to(site)}: {address}"
        for page in pages
        for address in loaded_by(page.read_text())
        if address.startswith(("http:", "https:", "//"))
    ]
    styles = [*site.glob("**/*.css")]
    assert styles
    foreign += [
        f"{style.name}: {address}"
        for style in styles
        for address in re.findall(
            r"""(?:url\(|@import )['"]?((?:https?:)?//[^'")]+)""", style.read_text()
        )
    ]
    assert foreign == []


def loaded_by(html: str) -> list[str]:
    """What a browser fetches for a page without being asked."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            asks_nothing = tag == "link" and given.get("rel") in ("canonical", "next", "prev")
            if tag in LOADS and not asks_nothing and (address := given.get(LOADS[tag])):
                found.append(address)

    Reader().feed(html)
    return found


def test_what_leads_nowhere_fails_each_with_its_place(tmp_path: Path) -> None:
    links = ["[a](gone.md)", "[b](#none)", "[c](other.md#nothing)", "![d](gone.png)"]
    (tmp_path / "index.md").write_text(
        "# Page\n\n```{toctree}\nother\n```\n\n" + "\n\n".join(links)
    )
    (tmp_path / "other.md").write_text("# Other\n")
    (tmp_path / "lost.md").write_text("# A page that no other leads to\n")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    complaints = "".join(
        line for line in done.stderr.splitlines(keepends=True) if "WARNING" in line
    )
    for line, target in ((7, "gone.md"), (9, "none"), (11, "nothing"), (13, "gone.png")):
        assert re.search(rf"index\.md:{line}: WARNING: .*{re.escape(target)}", complaints), (
            complaints
        )
    assert re.search(r"lost\.md: WARNING", complaints)


def test_a_part_that_nothing_makes_fails(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("# Page\n\n<!-- generated: nothing of the kind -->\n")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    assert "index: nothing is generated as 'nothing of the kind'" in done.stderr


@pytest.mark.e2e
@pytest.mark.timeout(180)
@needs_browser
def test_axe_core_finds_nothing_serious_and_nothing_is_wider_than_a_phone(
    site: Path, tmp_path: Path
) -> None:
    saw = browse(str(LOOK), str(site), str(tmp_path), within_s=170.0)
    assert len(saw["pages"]) >= 3 * len(saw["looks"])
    assert saw["violations"] == []
    assert saw["too_wide"] == []
    assert saw["console"] == []
    assert saw["elsewhere"] == []
    assert saw["found"] > 0
