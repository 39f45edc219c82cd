"""What an API wants as proof of who asks, as headers whose values come from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jobload.init.loose_data import listed, mapping
from jobload.init.openapi.api_operation import Operation
from jobload.init.openapi.openapi_document import OpenApi
from jobload.init.value_name import variable_name


@dataclass(slots=True)
class Proof:
    """Of one operation; the secrets are names of environment variables and what each holds."""

    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def proof_of(document: OpenApi, operation: Operation) -> Proof:
    """By the first of the alternatives that can be sent."""
    asked = operation.data.get("security", document.data.get("security"))
    proof = Proof()
    for alternative in listed(asked):
        proof = Proof()
        for name in mapping(alternative):
            _add(proof, name, _scheme(document, name))
        if not proof.remarks:
            return proof
    return proof


def _scheme(document: OpenApi, name: str) -> dict[str, Any]:
    schemes = mapping(mapping(document.data.get("components")).get("securitySchemes"))
    return document.found(schemes.get(name))


def _add(proof: Proof, name: str, scheme: dict[str, Any]) -> None:
    variable = variable_name(name)
    value = f"${{{variable}}}"
    match scheme.get("type"), str(scheme.get("scheme", "")).lower():
        case "http", "basic":
            proof.headers["Authorization"] = f"Basic {value}"
            proof.secrets[variable] = "user:password in Base64"
        case ("http", "bearer") | ("oauth2" | "openIdConnect", _):
            proof.headers["Authorization"] = f"Bearer {value}"
            proof.secrets[variable] = "an access token"
        case "apiKey", _:
            _add_key(proof, scheme, value)
            proof.secrets[variable] = "an API key"
        case kind, _:
            proof.remarks.append(f"the security scheme {name} ({kind}) is not taken over")


def _add_key(proof: Proof, scheme: dict[str, Any], value: str) -> None:
    name = str(scheme.get("name", "X-API-Key"))
    match scheme.get("in"):
        case "query":
            proof.query[name] = value
        case "cookie":
            before = proof.headers.get("Cookie")
            proof.headers["Cookie"] = f"{before + '; ' if before else ''}{name}={value}"
        case _:
            proof.headers[name] = value
