"""The pages of docs/ as what somebody reads and copies: text, and blocks of examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("**/*.md"))]


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two lines of ```; `name` is a file of the reader's, or says of what this
    is a part."""

    page: str
    line: int
    language: str
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def is_file(self) -> bool:
        return bool(re.fullmatch(r"[\w-]+\.[a-z]+", self.name))


def blocks_of(page: Path) -> Iterator[Block]:
    for token in MarkdownIt().parse(page.read_text()):
        if token.type == "fence" and not token.info.startswith("{"):
            assert token.map
            language, _, name = token.info.strip().partition(" ")
            where = str(page.relative_to(ROOT))
            yield Block(where, token.map[0] + 1, language, name.strip(), token.content)


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def readers_folder(block: Block, folder: Path) -> Path:
    """With every file of the page, as it stands where the block does when it stands there twice."""
    files: dict[str, str] = {}
    for other in BLOCKS:
        is_here = other.page == block.page and other.is_file
        if is_here and (other.line <= block.line or other.name not in files):
            files[other.name] = other.text
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def commands_of(text: str) -> Iterator[str]:
    """One a line, however many lines it was written on; without comments and prompts."""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        command = re.sub(r"(^|\s)#.*", "", line.removeprefix("$ ")).strip()
        if command:
            yield command
