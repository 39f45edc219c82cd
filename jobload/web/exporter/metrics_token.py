"""What a scraper shows where others than this machine can reach the metrics."""

import hmac

TOKEN = "JOBLOAD_METRICS_TOKEN"  # noqa: S105  # the name of the variable
SHORTEST_TOKEN = 16


def shows(authorization: str, token: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    # The bytes of a header are read as Latin-1, whatever they are; to that, `à` ends in a blank.
    awaited = token.encode().decode("latin-1").strip().encode("latin-1")
    is_it = hmac.compare_digest(given.strip().encode("latin-1", "replace"), awaited)
    return bool(token) and scheme.lower() == "bearer" and is_it
