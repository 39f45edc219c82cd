"""Run folders and histories, mutated: no page breaks, none takes long, and no script gets in."""

from __future__ import annotations

import contextlib
import io
import json
import random
from functools import cache
from pathlib import Path
from time import process_time

import pytest
from made_run import RUN_ID
from made_ui import made_ui
from mutations import mutated_bytes, mutated_tree, seeds, story
from test_run_pages import OTHER_ID, write_run

from jobload import cli
from jobload.compare.result_file import PastRunError, read_past_run

pytestmark = pytest.mark.slow

PAGES = (
    f"runs/{RUN_ID}",
    f"compare?run={RUN_ID}&run={OTHER_ID}",
    "runs",
    f"runs/{RUN_ID}/files/report.html",
    f"runs/{RUN_ID}/files/result.json",
)


def test_the_pages_of_a_run_of_any_figures_are_there(tmp_path: Path, fuzz_s: float) -> None:
    write_run(tmp_path)
    write_run(tmp_path, OTHER_ID)
    result = tmp_path / RUN_ID / "result.json"
    sound = json.loads(result.read_text())
    shown = 0

    with made_ui(tmp_path) as ui:
        client = ui.client()

        def act(chance: random.Random) -> None:
            nonlocal shown
            packed = json.dumps(mutated_tree(sound, chance)).encode()
            result.write_bytes(mutated_bytes(packed, chance) if chance.random() < 0.1 else packed)
            began_s = process_time()
            for page in PAGES:
                with client.get(f"/jobload/{page}") as answer:
                    assert answer.status_code in (200, 404, 422), page
                    text = answer.get_data()
                shown += b"<svg" in text
                assert page.endswith(".json") or b"<script>alert" not in text
            with contextlib.suppress(PastRunError):
                read_past_run(result)
            assert process_time() - began_s < 5.0

        for seed in seeds(500, fuzz_s):
            story(seed, act)
    assert shown > 20


def test_a_history_of_any_lines_is_listed(
    tmp_path: Path, fuzz_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_parsers", cache(cli._parsers))  # a quarter of its time
    write_run(tmp_path)
    history = tmp_path / "history.jsonl"
    sound = json.loads(history.read_text())

    with made_ui(tmp_path) as ui:
        client = ui.client()

        def act(chance: random.Random) -> None:
            lines = [json.dumps(sound).encode()] * chance.choice((0, 0, 0, 15))
            lines += [json.dumps(mutated_tree(sound, chance)).encode() for _ in range(5)]
            lines += [mutated_bytes(json.dumps(sound).encode(), chance) for _ in range(3)]
            history.write_bytes(b"\n".join(lines) + b"\n")
            with client.get("/jobload/runs") as answer:
                assert answer.status_code == 200
                assert b"<script>" not in answer.data
            out, form = io.StringIO(), chance.choice(([], ["--changes"], ["--json"]))
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                assert cli.main(["history", "--results", str(tmp_path), *form]) == 0
            assert "\x1b" not in out.getvalue()

        for seed in seeds(1_000, fuzz_s):
            story(seed, act)
