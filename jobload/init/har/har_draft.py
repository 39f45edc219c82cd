"""A draft from a HAR recording."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from jobload.init.draft import Draft, Flow, Pause, Step
from jobload.init.har.api_calls import api_calls
from jobload.init.har.correlation import Correlation
from jobload.init.har.har_entry import HarEntry, har_entry
from jobload.init.har.recorded_turn import Turn, gap_s, turns
from jobload.init.loose_data import listed, mapping
from jobload.init.recorded_request import StepMaker
from jobload.init.secret_keeper import SecretKeeper
from jobload.init.source_file import read_json, refuse
from jobload.init.template_text import shown_path
from jobload.init.value_name import slug, step_name

MOST_STEPS = 100
"""Of a flow."""
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 60.0


def har_draft(path: str, *, pauses: bool) -> Draft:
    entries = _entries(path)
    draft = Draft(f"{path} ({len(entries)} exchanges)", slug(Path(path).stem))
    calls = [*turns(api_calls(entries, draft))]
    if not calls:
        reasons = "; ".join(f"{each.reason} ({len(each.things)})" for each in draft.left_out)
        refuse(path, f"has no call of an API: {reasons or 'it is empty'}")
    draft.flows = [Flow(draft.scenario, _Recording(calls, draft, pauses).steps())]
    return draft


def _entries(path: str) -> list[HarEntry]:
    data = read_json(path)
    log = mapping(data).get("log")
    if not isinstance(log, dict) or not isinstance(log.get("entries"), list):
        refuse(path, "is no HAR recording: the key log.entries is missing")
    found = [har_entry(node) for node in listed(log["entries"])]
    return [entry for entry in found if entry is not None]


class _Recording:
    def __init__(self, calls: list[Turn], draft: Draft, pauses: bool) -> None:
        self._calls = calls
        self._draft = draft
        self._pauses = pauses
        self._keeper = SecretKeeper()
        self._correlation = Correlation(calls)
        self._cookies: set[str] = set()
        self._maker = StepMaker(self._keeper, self._cookies.__contains__)
        self._names: set[str] = set()

    def steps(self) -> list[Step | Pause]:
        made: list[Step | Pause] = []
        own: list[Step] = []
        for number, turn in enumerate(self._calls):
            if self._pauses and number:
                made += self._pause(self._calls[number - 1], turn)
            if len(made) >= MOST_STEPS:
                reason = f"a flow has at most {MOST_STEPS} steps"
                self._draft.leave_out(reason, turn.first.title)
                continue
            own.append(self._step(number, turn))
            made.append(own[-1])
        for step, captures in zip(own, self._correlation.captures, strict=False):
            step.capture = captures
        self._draft.secrets |= self._keeper.variables
        self._tell_of_cookies()
        return made

    def _step(self, number: int, turn: Turn) -> Step:
        entry = turn.first
        step = self._maker.step(entry.request, partial(self._correlation.fill, number))
        self._take_whole_target(number, step)
        step.name = step_name(f"{entry.request.method} {shown_path(step.path)}", self._names)
        self._names.add(step.name)
        step.statuses = [*turn.statuses]
        step.poll = turn.poll
        if turn.times > 1 and turn.poll is None:
            step.warnings.append(f"It was sent {turn.times} times in a row, and is taken once.")
        self._cookies |= {
            _cookie_name(value)
            for name, value in turn.last.reply_headers
            if name.lower() == "set-cookie"
        }
        return step

    def _take_whole_target(self, number: int, step: Step) -> None:
        """Where a reply has said where to go, and no part of it was found by itself."""
        if "{{" not in step.path and (found := self._correlation.target(number)):
            whole, rest = found
            step.path = whole + rest

    def _pause(self, before: Turn, turn: Turn) -> list[Pause]:
        """From the end of the one to the start of the other."""
        since_start_s = gap_s(before.last, turn.first)
        if since_start_s is None:
            return []
        idle_s = min(since_start_s - before.last.time_ms / 1000, _LONGEST_PAUSE_S)
        return [Pause(f"{round(idle_s * 1000)}ms")] if idle_s >= _SHORTEST_PAUSE_S else []

    def _tell_of_cookies(self) -> None:
        if self._cookies:
            names = ", ".join(sorted(self._cookies))
            self._draft.remarks.append(f"Cookies that the API sets are kept by jobload: {names}.")


def _cookie_name(header: str) -> str:
    return header.partition(";")[0].partition("=")[0].strip()
