"""Port 5557 behind a shared token: nobody without it gets a message across, in either direction.

Locust's sockets know no authentication. Here both ends derive their CurveZMQ keys from the token,
so that a peer without it fails the handshake, and what passes is encrypted.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
import zmq.green as zmq
from locust.rpc import zmqrpc
from zmq import curve_public
from zmq.utils import z85
from zmq.utils.monitor import parse_monitor_message

from jobload.lifecycle.port.refusals import Refusals
from jobload.lifecycle.worker.own_processes import forks_and_leads_workers
from jobload.load.process.assignment import Assignment

TOKEN = "JOBLOAD_TOKEN"  # noqa: S105  # the name of the variable
TOKEN_FILE = "JOBLOAD_TOKEN_FILE"  # noqa: S105  # as above
SHORTEST = 16
ADVICE = f"Set {TOKEN} to the same secret here and on each worker, e.g. from `openssl rand -hex 16`"
_DOMAIN = b"jobload"
_REFUSED = (
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
)


class TokenError(Exception):
    """One sentence on what is wrong with the token; it never repeats it."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    public: bytes
    secret: bytes

    @classmethod
    def of(cls, token: str, role: str) -> KeyPair:
        secret = z85.encode(hmac.digest(token.encode(), role.encode(), "sha256"))
        return cls(curve_public(secret), secret)


def find_token(environ: Mapping[str, str]) -> str | None:
    """From the variable, or from the file another variable names, which is made when missing."""
    token = environ.get(TOKEN, "").strip()
    if not token and (path := environ.get(TOKEN_FILE, "").strip()):
        token = _from_file(Path(path))
    if token and len(token) < SHORTEST:
        raise TokenError(f"{TOKEN} is shorter than {SHORTEST} characters. {ADVICE}.")
    return token or None


def _from_file(path: Path) -> str:
    """Whoever comes first makes it; a link shows the others a whole file or none."""
    try:
        if not path.exists():
            fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w") as file:  # noqa: PTH123  # a descriptor
                file.write(secrets.token_hex(32) + "\n")
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        token = path.read_text().strip()
    except OSError as error:
        raise TokenError(f"{TOKEN_FILE} names {path}: {error.strerror or error}.") from None
    except UnicodeError:
        raise TokenError(f"{TOKEN_FILE} names {path}, which is no text. {ADVICE}.") from None
    if not token:
        raise TokenError(f"{TOKEN_FILE} names {path}, which is empty. {ADVICE}.")
    return token


def own_token_for_processes(environ: MutableMapping[str, str], arguments: Sequence[str]) -> None:
    """With --processes the workers are children and inherit a token nobody has to think of."""
    is_set = any(environ.get(name, "").strip() for name in (TOKEN, TOKEN_FILE))
    if forks_and_leads_workers(environ, arguments) and not is_set:
        environ[TOKEN] = secrets.token_hex(32)


def objection_without_token(
    assignment: Assignment, environ: Mapping[str, str] = os.environ
) -> str | None:
    """Without a token a worker does not know whose secrets and files it would hand out to whom."""
    wanted = assignment.wants_of_its_worker
    if wanted is None or find_token(environ) is not None:
        return None
    return (
        f"The plan wants {wanted} of each worker, which gives such things only to a master that has"
        f" its {TOKEN}. {ADVICE}."
    )


def demand_token(token: str, refusals: Refusals) -> None:
    """From now on Locust's sockets talk only to those that know the token."""
    master, worker = KeyPair.of(token, "master"), KeyPair.of(token, "worker")
    sockets: Any = zmqrpc.BaseSocket
    plain = sockets.__init__

    def guarded(self: Any, sock_type: int, ipv4_only: bool) -> None:
        plain(self, sock_type, ipv4_only)
        if sock_type == zmq.ROUTER:
            _become_master(self.socket, master, worker.public, refusals)
        else:
            self.socket.curve_serverkey = master.public
            _use(self.socket, worker)

    sockets.__init__ = guarded


def _use(socket: Any, keys: KeyPair) -> None:
    socket.curve_publickey, socket.curve_secretkey = keys.public, keys.secret


def _become_master(socket: Any, keys: KeyPair, welcome: bytes, refusals: Refusals) -> None:
    _use(socket, keys)
    socket.curve_server = True
    socket.setsockopt(zmq.ZAP_DOMAIN, _DOMAIN)
    zap = socket.context.socket(zmq.REP)
    zap.bind("inproc://zeromq.zap.01")
    gevent.spawn(_answer, zap, welcome)
    gevent.spawn(_tell_of_refusals, socket.get_monitor_socket(_REFUSED), refusals)


def _answer(zap: Any, welcome: bytes) -> None:
    """ZeroMQ asks whether the peer of each new connection may come in."""
    while True:
        version, request, _, _, _, mechanism, *credentials = zap.recv_multipart()
        known = mechanism == b"CURVE" and bool(credentials)
        known = known and hmac.compare_digest(z85.encode(credentials[0]), welcome)
        status = (b"200", b"OK") if known else (b"400", b"unknown key")
        zap.send_multipart([version, request, *status, b"", b""])


def _tell_of_refusals(monitor: Any, refusals: Refusals) -> None:
    """Whatever is told: the next event is taken at once. libzmq waits for room in a full monitor,
    and nobody gets through the port until then."""
    while True:
        event = parse_monitor_message(monitor.recv_multipart())
        refusals.note(
            f"Refused a peer on the workers' port {event['endpoint'].decode()} that does not have"
            f" this master's {TOKEN}."
        )
        gevent.sleep(0)  # events that wait already would keep all else from its turn
