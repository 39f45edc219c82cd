"""A draft from an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.init.draft import Draft, Flow, Step
from jobload.init.loose_data import listed, mapping
from jobload.init.openapi.api_operation import Operation, first_server, read_operations
from jobload.init.openapi.chain import Chain, Chains
from jobload.init.openapi.chosen_operations import by_itself, chosen
from jobload.init.openapi.openapi_document import CannotSendError, OpenApi, read_openapi
from jobload.init.openapi.operation_request import RequestMaker
from jobload.init.openapi.security import proof_of
from jobload.init.source_file import refuse
from jobload.init.template_text import filled_in
from jobload.init.value_name import slug, value_name

MOST_FLOWS = 40


def openapi_draft(path: str, wanted: list[str]) -> Draft:
    document = read_openapi(path)
    info = mapping(document.data.get("info"))
    title = str(info.get("title") or "API")
    draft = Draft(f"{path} ({title} {info.get('version', '')})".strip(), slug(title))
    draft.host, _ = first_server(listed(document.data.get("servers")))
    operations = read_operations(document, draft)
    maker = _Maker(document, operations, draft)
    draft.flows = [*maker.flows(wanted)]
    if not draft.flows:
        reasons = "; ".join(f"{each.reason} ({len(each.things)})" for each in draft.left_out)
        refuse(path, f"has no operation that can be sent as it is: {reasons or 'there is none'}")
    return draft


class _Maker:
    def __init__(self, document: OpenApi, operations: list[Operation], draft: Draft) -> None:
        self._document = document
        self._operations = operations
        self._draft = draft
        self._chains = Chains(document, operations)
        self._requests = RequestMaker(document, draft.secrets)
        self._flow_names: set[str] = set()

    def flows(self, wanted: list[str]) -> Iterator[Flow]:
        """One for each operation that needs no other, with those that need it behind it."""
        if wanted:
            chains = [self._chains.of(each) for each in chosen(self._operations, wanted)]
        else:
            chains = by_itself(self._operations, self._chains, self._draft)
        for number, group in enumerate(_grouped(chains)):
            if number >= MOST_FLOWS:
                self._leave_out_the_rest(group)
            elif steps := self._steps(group):
                name = slug(group[0].operation.id, self._flow_names)
                self._flow_names.add(name)
                yield Flow(name, [*steps])

    def _leave_out_the_rest(self, group: list[Chain]) -> None:
        for chain in group:
            reason = f"there are more than {MOST_FLOWS}; choose some with --operation"
            self._draft.leave_out(reason, chain.operation.title)

    def _steps(self, group: list[Chain]) -> list[Step]:
        made: dict[str, Step | None] = {}
        for chain in group:
            for operation in [*chain.before, chain.operation]:
                if operation.title not in made:
                    made[operation.title] = self._step(self._chains.of(operation), made)
        return [step for step in made.values() if step is not None]

    def _step(self, chain: Chain, made: dict[str, Step | None]) -> Step | None:
        operation = chain.operation
        if lacking := [each for each in chain.before if made[each.title] is None]:
            reason = f"they need {lacking[0].title}, which is not taken over"
            self._draft.leave_out(reason, operation.title)
            return None
        proof = proof_of(self._document, operation)
        try:
            step = self._requests.step(operation, chain.known | self._guessed(chain), proof)
        except CannotSendError as error:
            self._draft.leave_out(str(error), operation.title)
            return None
        self._draft.secrets |= proof.secrets
        step.capture = dict(self._chains.captures.get(operation.title, {}))
        return step

    def _guessed(self, chain: Chain) -> dict[str, str]:
        """Variables, for whoever writes an id of something that is there into them."""
        guessed = {}
        by_name = {each.name: each for each in chain.operation.of("path")}
        for name in chain.unknown:
            variable = value_name(name)
            value = self._requests.value(by_name[name]) if name in by_name else name
            self._draft.variables.setdefault(variable, value)
            guessed[name] = filled_in(variable)
        return guessed


def _grouped(chains: list[Chain]) -> list[list[Chain]]:
    """By the first operation that must come before them, or themselves."""
    groups: dict[str, list[Chain]] = {}
    for chain in chains:
        root = chain.before[0] if chain.before else chain.operation
        groups.setdefault(root.title, []).append(chain)
    return [*groups.values()]
