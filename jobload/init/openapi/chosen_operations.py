"""Which operations become steps: those that are chosen, or all that can be sent as they are."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.init.draft import Draft
from jobload.init.openapi.api_operation import Operation
from jobload.init.openapi.chain import Chain, Chains, is_id
from jobload.plan.problem import PlanError, did_you_mean, option_problem

_CHOOSE = "choose them with --operation"


def chosen(operations: list[Operation], wanted: list[str]) -> list[Operation]:
    """Those of the names or titles given; PlanError naming each that there is not."""
    problems, found = [], []
    for text in wanted:
        matches = [each for each in operations if _is_meant(each, text)]
        found += [each for each in matches if each not in found]
        if not matches:
            known = [each.id for each in operations]
            sentence = f"no operation is called {text!r}; {_nearest(text, known)}"
            problems.append(option_problem("--operation", sentence))
    if problems:
        raise PlanError(problems)
    return found


def by_itself(operations: list[Operation], chains: Chains, draft: Draft) -> list[Chain]:
    """What reads, and what makes a thing, as far as no id is needed that nobody gives."""
    all_chains = [chains.of(operation) for operation in operations]
    reasons = {each.operation.title: _why_not(each.operation, each) for each in all_chains}
    found: list[Chain] = []
    for chain in all_chains:
        lacking = [each.title for each in chain.before if reasons[each.title]]
        reason = reasons[chain.operation.title]
        if lacking and reason is None:
            reason = f"they need {lacking[0]}, which is not taken over"
        if reason:
            draft.leave_out(reason, chain.operation.title)
        else:
            found.append(chain)
    made = {each.title for chain in found for each in chain.before}
    return [*_that_read_or_make(found, made, draft)]


def _that_read_or_make(found: list[Chain], made: set[str], draft: Draft) -> Iterator[Chain]:
    for chain in found:
        operation = chain.operation
        if operation.method == "post" and chain.before and operation.title not in made:
            draft.leave_out(f"they change things; {_CHOOSE}", operation.title)
        else:
            yield chain


def _why_not(operation: Operation, chain: Chain) -> str | None:
    if operation.data.get("deprecated") is True:
        return f"they are deprecated; {_CHOOSE}"
    if operation.method not in ("get", "head", "post"):
        return f"they change or remove things; {_CHOOSE}"
    if chain.unknown:
        return f"they need an id that no POST gives; {_CHOOSE}"
    if any(each.required and is_id(each.name) for each in operation.of("query")):
        return f"they ask for an id of something that must be there; {_CHOOSE}"
    return None


def _is_meant(operation: Operation, text: str) -> bool:
    method, _, path = text.strip().partition(" ")
    by_title = (method.lower(), path.strip()) == (operation.method, operation.path)
    return by_title or operation.id == text


def _nearest(text: str, known: list[str]) -> str:
    sentence = did_you_mean(text, known)
    if len(known) <= 20 or sentence.startswith("did you mean"):
        return sentence
    return "write its operationId, or its method and path as in 'GET /jobs'"
