"""What a plan says of TLS, as connections need it; its files are read here, where they are used."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Never

from jobload.load.http.tls_stream import verifying_context
from jobload.plan.ordinary_file import kind_flaw
from jobload.plan.problem import PlanError, Problem
from jobload.plan.tls import Tls


def tls_context(tls: Tls | None) -> ssl.SSLContext:
    """PlanError, naming the file, when one can't be used."""
    if tls is None:
        return verifying_context()
    context = _trusting(tls)
    context.set_alpn_protocols(["http/1.1"])
    if tls.cert is not None:
        _identify(context, tls.cert, tls.key or tls.cert)
    return context


def _trusting(tls: Tls) -> ssl.SSLContext:
    if not tls.verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if tls.ca is None:
        return ssl.create_default_context()
    _read("ca", tls.ca)
    try:
        return ssl.create_default_context(cafile=tls.ca)
    except ssl.SSLError:
        _refuse("ca", tls.ca, "holds no certificate in PEM form")


def _identify(context: ssl.SSLContext, cert: str, key: str) -> None:
    context.post_handshake_auth = True  # some servers ask once they know the path
    _read("cert", cert)
    _read("key", key)
    try:
        context.load_cert_chain(cert, key, password=_ask_nobody)
    except _PassphraseError:
        _refuse("key", key, "needs a passphrase, which nobody can be asked for; take it off")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            _refuse("key", key, f"is not the key of the certificate in {cert}")
        _refuse("cert", cert, f"holds no certificate in PEM form, or {key} no private key")


def _read(field: str, file: str) -> None:
    """The ssl module does not say which file it is that it could not read."""
    try:
        if flaw := kind_flaw(file):
            _refuse(field, file, flaw)
        Path(file).read_bytes()
    except OSError as error:
        _refuse(field, file, f"can't be read: {error.strerror}")


class _PassphraseError(Exception):
    pass


def _ask_nobody() -> Never:
    """Or OpenSSL would ask on the terminal, in the middle of a run."""
    raise _PassphraseError


def _refuse(field: str, file: str, message: str) -> Never:
    raise PlanError([Problem(file, None, None, f"tls.{field}", message)])
