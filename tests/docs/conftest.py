"""Tests import what builds the pages and what opens a browser; neither folder is a package."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent / "docs"), str(TESTS / "e2e_web")]
