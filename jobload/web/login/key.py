"""What opens the web UI: a password, or a token that is made at start."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping

import gevent
from werkzeug.security import check_password_hash

USER = "JOBLOAD_WEB_USER"
PASSWORD_HASH = "JOBLOAD_WEB_PASSWORD_HASH"  # noqa: S105  # the name of the variable
HOW_TO_HASH = (
    "python -c 'from getpass import getpass; from werkzeug.security import"
    " generate_password_hash as h; print(h(getpass()))'"
)


class WebSettingsError(Exception):
    """One sentence on a setting of the web UI that can't be used; it repeats no secret."""


class Password:
    asks_for = "password"
    """What the login page has a field for."""
    can_be_guessed = True

    def __init__(self, user: str, password_hash: str) -> None:
        self._user = user
        self._hash = password_hash

    def opens(self, given: Mapping[str, str]) -> bool:
        """Takes as long for an unknown user; in a thread, because a hash is slow on purpose."""
        pool = gevent.get_hub().threadpool
        known = hmac.compare_digest(given.get("user", "").encode(), self._user.encode())
        right = pool.apply(check_password_hash, (self._hash, given.get("password", "")))
        return known and bool(right)


class OneTimeToken:
    """Opens once; `announce` is then told the next one, so that there always is a link to use."""

    asks_for = "token"
    can_be_guessed = False
    """It is long, so wrong ones lock nobody out."""

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._renew()

    def opens(self, given: Mapping[str, str]) -> bool:
        if not hmac.compare_digest(given.get("token", "").strip().encode(), self._token.encode()):
            return False
        self._renew()
        return True

    def _renew(self) -> None:
        self._token = secrets.token_urlsafe(24)
        self._announce(self._token)


Key = Password | OneTimeToken


def find_password(environ: Mapping[str, str]) -> Password | None:
    user, password_hash = (environ.get(name, "").strip() for name in (USER, PASSWORD_HASH))
    if not user and not password_hash:
        return None
    if not user or not password_hash:
        given, missing = (USER, PASSWORD_HASH) if user else (PASSWORD_HASH, USER)
        raise WebSettingsError(f"{given} is set and {missing} is not; the login needs both.")
    if not _is_hash(password_hash):
        raise WebSettingsError(
            f"{PASSWORD_HASH} is no hash of a password. This prints one: {HOW_TO_HASH}"
        )
    return Password(user, password_hash)


def _is_hash(text: str) -> bool:
    try:
        check_password_hash(text, "")
    except ValueError:
        return False
    return text.count("$") == 2 and not text.startswith("plain")
