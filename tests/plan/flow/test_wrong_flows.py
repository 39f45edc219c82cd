"""Each wrong flow gives one sentence, with its place and what to do."""

import pytest

from jobload.plan.flow.step import pause_bounds
from jobload.plan.plan_file import load_plan_file
from jobload.plan.problem import PlanError

HEAD = "scenarios:\n  order:\n    shape: ramp\n    users: 2\n    duration: 5s\n"
"""Five lines; what follows begins in line 6."""


def problems(text: str) -> list[str]:
    with pytest.raises(PlanError) as refused:
        load_plan_file("plan.yaml", HEAD + text)
    return [str(error).removeprefix("plan.yaml:") for error in refused.value.errors]


def steps(*lines: str) -> str:
    return "    steps:\n" + "".join(f"      - {line}\n" for line in lines)


FIRST = "{post: /jobs, capture: {id: $.id}}"
AS_IT_STANDS = " would be looked for as it stands: nothing is filled in within a JSONPath"


@pytest.mark.parametrize(
    ("second", "place"),
    [
        ("{get: /a, expect: {json: {$.id: {matches: '^{{ id }}$'}}}}", "8:41: expect.json.$.id"),
        ("{get: /a, expect: {headers: {x: {matches: '{{ id }}'}}}}", "8:41: expect.headers.x"),
        ("{get: /a, expect: {body: '{{ id }}'}}", "8:34: expect.body"),
        (
            "{get: /a, expect: {json: {\"$.jobs[?@.id == '{{ id }}'].state\": done}}}",
            "8:35: expect.json.$.jobs[?@.id == '{{ id }}'].state",
        ),
        (
            "{get: /a, poll: {until: {\"$.jobs[?@.id == '{{ id }}'].state\": done}}}",
            "8:34: poll.until.$.jobs[?@.id == '{{ id }}'].state",
        ),
        ("{get: /a, capture: {state: \"$[?@.id == '{{ id }}'].s\"}}", "8:36: capture.state"),
        ("{get: /a, capture: {state: 'regex:{{ id }}=(.)'}}", "8:36: capture.state"),
        ("{get: /a, expect: {body: 'key=${KEY}'}}", "8:34: expect.body"),
    ],
)
def test_what_is_filled_in_nowhere_is_not_looked_for_as_it_stands(second: str, place: str) -> None:
    (found,) = problems(steps(FIRST, second))
    assert AS_IT_STANDS in found
    where, _, key = place.partition(" ")
    assert found.startswith(f"{where} scenarios.order.steps[1].{key}: "), found


def test_a_pattern_may_look_for_braces() -> None:
    text = HEAD + steps(r"{get: /a, expect: {body: '\{\{ id \}\} x{2}'}}")
    assert load_plan_file("plan.yaml", text).scenarios["order"].steps is not None


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("headers: {X: 'k {{ id }}'}", "6:18: scenarios.order.headers.X"),
        ("expect: {json: {$.a: [b, '{{ id }}']}}", "6:30: scenarios.order.expect.json.$.a[1]"),
        ("expect: {headers: {x: '${KEY}'}}", "6:27: scenarios.order.expect.headers.x"),
    ],
)
def test_what_a_scenario_says_outside_of_its_steps_is_not_filled_in(said: str, place: str) -> None:
    (found,) = problems(f"    {said}\n")
    assert found == f"{place}: only the texts of steps are filled in; say it in a step"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            steps("{post: /login, capture: {token: $.token}}", "{get: '/jobs?t={{ tokn }}'}"),
            "8:15: scenarios.order.steps[1].get: nothing is called tokn; did you mean token?",
        ),
        (
            steps("{get: '/jobs/{{ job }}'}", "{name: submit, post: /jobs, capture: {job: $.id}}"),
            "7:15: scenarios.order.steps[0].get: job is captured only in step 2 (submit); a step"
            " can use what steps before it have captured",
        ),
        (
            steps("{post: /jobs, json: {id: '{{ id }}'}, capture: {id: $.id}}"),
            "7:34: scenarios.order.steps[0].json.id: id is captured only in step 1 (POST /jobs); a",
        ),
        (
            steps("{get: '{{ unique }}/a'}"),
            "7:15: scenarios.order.steps[0].get: {{ unique }} gives no address; write"
            " '/{{ unique }}/a'",
        ),
        (
            steps("{get: /a, poll: {until: {status: []}}}"),
            "7:33: scenarios.order.steps[0].poll.until: status: an empty list is met by nothing",
        ),
        (
            steps("{get: jobs}"),
            "7:15: scenarios.order.steps[0].get: expected a path that starts with / such as",
        ),
        (
            steps("{get: 'http://127.0.0.1/jobs'}"),
            "7:15: scenarios.order.steps[0].get: expected a path that starts with / such as",
        ),
        (
            steps("{get: '/jobs/{id}'}"),
            "7:15: scenarios.order.steps[0].get: {id} would be sent as it stands; write {{ id }}"
            " for a value, or %7B and %7D where { and } are meant",
        ),
        (
            steps("{get: '/jobs/<id>?f={1}'}"),
            "7:15: scenarios.order.steps[0].get: <id> would be sent as it stands; write {{ id }}",
        ),
        (
            steps("{get: '/jobs?f={1}'}"),
            "7:15: scenarios.order.steps[0].get: {1} would be sent as it stands; write %7B and %7D",
        ),
        (
            steps("{post: /jobs, capture: {job: '$.data[?(@.a=1)]'}}"),
            "7:38: scenarios.order.steps[0].capture.job: '$.data[?(@.a=1)]' is no JSONPath: ",
        ),
        (
            steps("{post: /jobs, capture: {job: id}}"),
            "7:38: scenarios.order.steps[0].capture.job: 'id' says not where to look; expected a",
        ),
        (
            steps("{post: /jobs, capture: {job: 'regex:(a)(b)'}}"),
            "7:38: scenarios.order.steps[0].capture.job: has more than one group",
        ),
        (
            steps("{post: /jobs, capture: {unique: $.id}}"),
            "7:33: scenarios.order.steps[0].capture.unique: unique is a generator; take another",
        ),
        (
            steps("{get: /jobs/1, poll: {until: {$.status: done}, every: 20s, timeout: 5s}}"),
            "7:63: scenarios.order.steps[0].poll.every: asks again after 20s, and the poll ends",
        ),
        (
            "    operation_timeout: 5s\n" + steps("{get: /a, poll: {until: {status: 200}}}"),
            "8:25: scenarios.order.steps[0].poll: waits for up to 30s, and the operation has 5s",
        ),
        (
            "    operation_timeout: 5s\n" + steps("{get: /a}", "{pause: 6s}"),
            "9:17: scenarios.order.steps[1].pause: with this pause the steps take at least 6s",
        ),
        (
            steps("{get: /a, poll: {until: {status: done}}}"),
            "7:33: scenarios.order.steps[0].poll.until: status: expected a status such as 201",
        ),
        (
            steps("{post: /a, form: {'a${N}': x}}"),
            "7:27: scenarios.order.steps[0].form.a${N}: a key can hold no {{ }} or ${ }; only",
        ),
        (
            steps("{post: /a, json: {n: '{{ int(9, 0) }}'}}"),
            "7:30: scenarios.order.steps[0].json.n: int(9, 0) is upside down; it is written int(0,",
        ),
        (
            steps("{post: /a, json: {n: '{{ uniqe() }}'}}"),
            "7:30: scenarios.order.steps[0].json.n: no generator is called uniqe; expected unique,",
        ),
        (
            steps("{post: /a, json: {n: '{{ token'}}"),
            "7:30: scenarios.order.steps[0].json.n: a {{ has no }} after it",
        ),
        (
            steps("{post: /a, json: {n: {{ token }}}}"),
            "7:31: expected a plain key; a value with {{ }} needs quotes",
        ),
        (
            steps("{get: /a, json: {}}"),
            "7:25: scenarios.order.steps[0].json: get sends no body; use post, put or patch",
        ),
        (
            steps("{post: /a, json: {}, form: {a: b}}"),
            "7:36: scenarios.order.steps[0].form: a request has one body, and this has json and",
        ),
        (
            steps("{post: /a, form: {a: {b: c}}}"),
            "7:30: scenarios.order.steps[0].form.a: expected text, a whole number, a number or true"
            " or false, not a mapping",
        ),
        (
            steps("{post: /a, body: [a]}"),
            "7:26: scenarios.order.steps[0].body: expected text or a mapping (key: value), not a",
        ),
        (
            steps("{post: /a, body: {file: 3}}"),
            "7:33: scenarios.order.steps[0].body.file: expected text, not 3; put it in quotes",
        ),
        (
            steps("{get: /a, reuse: 1m}", "{pause: 2s}"),
            "7:7: scenarios.order.steps: are all reused, so most operations would send nothing;",
        ),
        (
            steps("{pause: 1s}", "{pause: 2s}"),
            "7:7: scenarios.order.steps: has nothing but pauses; give it a request",
        ),
        (
            steps("{post: /a, capture: {t: $.t}}", "{get: '/b/{{ t.id }}'}"),
            "8:15: scenarios.order.steps[1].get: t is one value, not a source of rows; capture the",
        ),
        (
            "    variables: {a: '{{ b }}', b: x}\n" + steps("{get: '/{{ a }}'}"),
            "6:20: scenarios.order.variables.a: b is a variable written after it; a variable can",
        ),
        (
            steps("{post: /a, get: /b}"),
            "7:9: scenarios.order.steps[0]: has get and post; a step is one request",
        ),
        (
            steps("{name: wait}"),
            "7:9: scenarios.order.steps[0]: has no request; expected get, post, put, patch,",
        ),
        (
            steps("{pause: 1s, get: /a}"),
            "7:17: scenarios.order.steps[0].pause: a pause is a step of its own; put it into one",
        ),
        (
            steps("{get: /a}", "{pause: 1-3s}"),
            "8:17: scenarios.order.steps[1].pause: 1 has no unit; write 1s for seconds",
        ),
        (
            steps("{get: /a}", "{pause: 3s-1s}"),
            "8:17: scenarios.order.steps[1].pause: the pause 3s-1s is upside down",
        ),
        (
            steps("{get: /a}", "{get: /a}"),
            "8:15: scenarios.order.steps[1].get: step 1 is called 'GET /a', too, and results are",
        ),
        (
            steps("{get: /a, expect: {json: {$.n: {atleast: 3}}}}"),
            "7:40: scenarios.order.steps[0].expect.json.$.n: unknown key atleast; expected exists,",
        ),
        (
            steps("{get: /a, expect: {body: '('}}"),
            "7:34: scenarios.order.steps[0].expect.body: '(' is no regular expression: ",
        ),
        (
            steps("{get: /a, expct: {}}"),
            "7:19: scenarios.order.steps[0].expct: unknown key; did you mean expect?",
        ),
        (
            steps("{get: /a, auth: {}}"),
            "7:19: scenarios.order.steps[0].auth: unknown key; expected name, get, post, put,",
        ),
        (
            steps("{get: '/a?x={{ people.user }}'}"),
            "7:15: scenarios.order.steps[0].get: no source of rows is called people; the scenario",
        ),
        (
            "    endpoint: /jobs\n" + steps("{get: /a}"),
            "6:15: scenarios.order.endpoint: is of a scenario of one request; say it in a step",
        ),
        (
            "    steps: []\n",
            "6:12: scenarios.order.steps: needs at least one entry",
        ),
        (
            "    flows: {a: {weight: 0, steps: [{get: /a}]}}\n",
            "6:25: scenarios.order.flows.a.weight: must be at least 1, not 0",
        ),
        (
            "    flows: {a: {wieght: 2, steps: [{get: /a}]}}\n",
            "6:17: scenarios.order.flows.a.wieght: unknown key; expected weight or steps; did you",
        ),
        (
            "    flows:\n      a: {steps: [{name: x, get: '/a'}]}\n"
            "      b: {steps: [{pause: 1s}, {name: x, post: '/a'}]}\n",
            "8:39: scenarios.order.flows.b.steps[1].name: a step of the flow a is called 'x', too,"
            " and is GET /a: results are kept by name; give this one a name of its own",
        ),
        (
            "    flows: {a: {steps: [{get: /a}]}}\n" + steps("{get: /a}"),
            "6:12: scenarios.order.flows: beside steps; make the steps one more flow",
        ),
    ],
)  # fmt: skip
def test_a_wrong_flow_is_told_with_its_place_and_what_to_do(text: str, problem: str) -> None:
    (found,) = problems(text)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("/a/{{ user }}?b=1", "/a/{{ uuid }}"),
        ("/a/{{ choice('b?', 'c/d') }}", "/a/{{ choice(e) }}"),
        ("/a/me", "/a/{{ user }}"),
        ("/${VERSION}/a", "/v1/a"),
        ("{{ at }}", "/a/{{ user }}"),
    ],
)
def test_flows_may_share_a_name_for_one_request(path: str, other: str) -> None:
    at = "{get: /at, capture: {at: 'header:location'}}"
    flows = "".join(
        f'      {flow}: {{steps: [{at}, {{name: x, post: "{path}", json: [{flow}]}}]}}\n'
        for flow, path in [("a", path), ("b", other)]
    )
    assert load_plan_file("plan.yaml", HEAD + "    flows:\n" + flows).scenarios


def test_what_is_wrong_in_one_step_hides_nothing_in_another() -> None:
    found = problems(steps("{gett: /a}", "{get: '/b/{{ nobody }}'}", "{post: /c, capture: {a: b}}"))
    assert [each.split(": ")[1] for each in found] == [
        "scenarios.order.steps[0].gett",
        "scenarios.order.steps[1].get",
        "scenarios.order.steps[2].capture.a",
    ]


def test_a_wrong_default_is_told_once_and_where_it_stands() -> None:
    text = (
        "defaults: {timeout: 5, ratee: 3}\n"
        "scenarios:\n"
        "  a: {shape: ramp, users: 1, duration: 5s}\n"
        "  b: {shape: ramp, users: 1, duration: 5s}\n"
    )
    with pytest.raises(PlanError) as refused:
        load_plan_file("plan.yaml", text)
    first, second = map(str, refused.value.errors)
    assert first.startswith("plan.yaml:1:21: scenarios.a.timeout: 5 has no unit")
    assert second.startswith("plan.yaml:1:24: defaults.ratee: unknown key; did you mean rate?")


def test_a_step_that_is_wrong_keeps_its_name() -> None:
    _, second = problems(steps("{name: a, get: /a, timeot: 5s}", "{name: a, get: /b}"))
    assert second.startswith("8:16: scenarios.order.steps[1].name: step 1 is called 'a', too")


@pytest.mark.parametrize("pause", ["1m30s-1h", "90s - 60m", "1.5m-1h"])
def test_a_range_of_pauses_has_any_durations(pause: str) -> None:
    assert pause_bounds(pause) == (90, 3600)


def test_pauses_may_take_all_the_time_that_the_operation_has() -> None:
    text = HEAD + "    operation_timeout: 5s\n" + steps("{get: /a}", "{pause: 2s}", "{pause: 3s}")
    assert load_plan_file("plan.yaml", text).scenarios["order"].operation_timeout_s == 5
