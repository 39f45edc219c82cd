"""A draft as scenarios.yaml, with comments on what it means and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobload.init.draft import Draft, Flow, Pause, Step
from jobload.init.yaml_lines import comment_lines, yaml_lines

RATE = 10
"""Operations a second, to begin with: enough for percentiles, and few for any API."""
_LOAD = f"""\
    shape: ramp                # or spike, endurance, step_stress, capacity, staged
    users: 10                  # operations in flight at once, at most
    ramp_up: 5s
    duration: 30s              # the ramp included
    rate: {RATE}                   # operations a second, of all users together
"""


def scenarios_text(draft: Draft) -> str:
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    yield from comment_lines(f"Made by jobload init from {draft.source}.")
    yield "#"
    for name, holds in draft.secrets.items():
        yield f"#   export {name}=...    # {holds}"
    yield f"#   {run_line(draft)}"
    for remark in draft.remarks:
        yield "#"
        yield from comment_lines(remark)
    yield "scenarios:"
    yield f"  {draft.scenario}:"
    yield from _LOAD.splitlines()
    if draft.variables:
        yield from comment_lines("Look at these values: an example, or a guess.", 4)
        yield from yaml_lines({"variables": draft.variables}, 4)
    if len(draft.flows) == 1:
        yield from _steps(draft.flows[0], 4)
    else:
        yield from _flows(draft.flows)
    if draft.left_out:
        yield ""
        yield "# Not taken over:"
    for entry in draft.left_out:
        yield "#"
        yield from comment_lines(f"{entry.reason}:")
        for thing in entry.things:
            yield from comment_lines(f"- {thing}")


def run_line(draft: Draft | None, folder: Path = Path()) -> str:
    """For the starter without a host: then it is the embedded target that is loaded."""
    name = draft.scenario if draft else "first"
    run = f"jobload run --scenarios {folder / 'scenarios.yaml'} --scenario {name}"
    return run if draft is None else f"{run} --host {draft.host or 'https://...'}"


def _flows(flows: list[Flow]) -> Iterator[str]:
    yield "    flows:                     # each operation takes one of them, by weight"
    for flow in flows:
        yield f"      {flow.name}:"
        yield "        weight: 1"
        yield from _steps(flow, 8)


def _steps(flow: Flow, indent: int) -> Iterator[str]:
    yield " " * indent + "steps:"
    for step in flow.steps:
        if isinstance(step, Pause):
            yield " " * (indent + 2) + f"- pause: {step.text}"
            continue
        for remark in [*step.remarks, *step.warnings]:
            yield from comment_lines(remark, indent + 2)
        first, *rest = yaml_lines(step_fields(step), indent + 4)
        yield " " * (indent + 2) + "- " + first.strip()
        yield from rest


def step_fields(step: Step) -> dict[str, Any]:
    """In the order in which a step is read."""
    fields: dict[str, Any] = {"name": step.name, step.method: step.path}
    if step.headers:
        fields["headers"] = step.headers
    if step.body_kind:
        fields[step.body_kind] = step.body
    if step.statuses:
        fields["expect"] = {"status": step.statuses}
    if step.capture:
        fields["capture"] = step.capture
    if step.poll:
        fields["poll"] = step.poll
    return fields
