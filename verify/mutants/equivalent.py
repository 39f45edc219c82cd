"""Those that are no fault, and why (equivalent_mutants.yaml)."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

EQUIVALENT = Path(__file__).parents[1] / "equivalent_mutants.yaml"


def equivalents() -> dict[tuple[str, str, str], str]:
    """What each of them is known as, and why it is no fault."""
    entries = YAML(typ="safe").load(EQUIVALENT.read_text()) or []
    return {(each["module"], each["before"], each["after"]): each["reason"] for each in entries}
