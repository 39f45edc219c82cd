"""Sphinx's settings for the pages; `make docs` builds them, and any warning fails."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

project = "jobload"
version = release = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"][
    "version"
]
language = "en"
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True
smartquotes = False  # `--host` must stay two hyphens
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"jobload {version}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_search_summary = False  # it would be fetched, which a page opened from a file may not
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {
    "navigation_with_keys": False,
    "light_css_variables": {
        "color-brand-primary": "#1f5fa8",
        "color-brand-content": "#1f5fa8",
        "color-brand-visited": "#6b3fa0",
    },
    "dark_css_variables": {
        "color-brand-primary": "#8ab4f8",
        "color-brand-content": "#8ab4f8",
        "color-brand-visited": "#c58af9",
    },
}


def for_the_keyboard(
    _: Sphinx, page: str, template: str, context: dict[str, Any], tree: object
) -> None:
    """What can be scrolled sideways can be reached, and headings of the menu have a level."""
    if "body" in context:
        body = context["body"].replace("<pre>", '<pre tabindex="0">')
        body = body.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')
        context["body"] = with_levels(body)
    context["furo_navigation_tree"] = with_levels(context.get("furo_navigation_tree", ""))


def with_levels(html: str) -> str:
    """Captions of menus are headings; of which level, Sphinx does not say."""
    return html.replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app: Sphinx) -> None:
    from generated import fill_in, write_example_report

    app.connect("source-read", fill_in)
    app.connect("html-page-context", for_the_keyboard, priority=900)  # after Furo's own
    app.connect("build-finished", write_example_report)
