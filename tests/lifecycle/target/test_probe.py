"""What counts as a sign of life, and what is said when there is none."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from odd_target import Answer, closing, hanging, odd_target, reply, saying

from jobload.lifecycle.target import probe as probing
from jobload.lifecycle.target.probe import Probe, SilenceError, probes
from jobload.load.http.origin import Origin
from jobload.plan.scenario import Scenario, load_scenario

pytestmark = pytest.mark.waits


def scenario(**fields: Any) -> Scenario:
    return load_scenario({"name": "x", "shape": "ramp", "users": 1, "duration": "1s", **fields})


def asked(
    url: str, *plans: Scenario, ready: str | None = None, environ: dict[str, str] | None = None
) -> list[Probe]:
    return list(probes(Origin.parse(url), plans or [scenario()], ready, environ or {}))


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "ANSWERS_WITHIN_S", 1.0)
    monkeypatch.setattr(probing, "ACCEPTS_FOR_S", 0.4)


@pytest.mark.parametrize("status", [200, 302, 400, 404, 500, 503])
def test_any_reply_is_an_answer(status: int) -> None:
    with odd_target(saying(reply(status, "X-App-Version: 7"))) as target:
        (probe,) = asked(target.url)
        first = probe.first_reply()
    assert first is not None
    assert (first.status, first.header(b"x-app-version")) == (status, b"7")


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("answer", [closing, hanging, saying(b"SSH-2.0-x\r\n")])
def test_so_is_any_connection_that_was_taken(answer: Answer) -> None:
    """It may well answer POST /v2/orders."""
    with odd_target(answer) as target:
        (probe,) = asked(target.url)
        began_s = monotonic()
        assert probe.first_reply() is None
    assert monotonic() - began_s < 1.0


def test_one_that_closes_while_it_starts_is_asked_again() -> None:
    with odd_target(saying(b"", reply(200))) as target:
        (probe,) = asked(target.url)
        first = probe.first_reply()
    assert first is not None
    assert first.status == 200


@pytest.mark.usefixtures("_soon")
def test_nobody_there_is_told_with_what_was_asked() -> None:
    with odd_target(closing) as target:
        pass
    (probe,) = asked(f"{target.url}/api")
    with pytest.raises(SilenceError) as told:
        probe.first_reply()
    assert str(told.value) == (
        f"The target {target.url}/api gave no answer to GET /api/ within 1 s (connect-refused), so"
        " no load was sent. Is it running, and is --host right?"
    )


def knocking(url: str) -> Probe:
    (probe,) = probes(Origin.parse(url), [scenario()], None, {}, knock=True)
    return probe


def test_who_is_knocked_for_need_say_nothing() -> None:
    with odd_target(hanging) as target:
        assert knocking(target.url).first_reply() is None


@pytest.mark.usefixtures("_soon")
def test_who_is_knocked_for_may_still_be_starting() -> None:
    with odd_target(hanging) as target:
        pass
    began_s = monotonic()
    with pytest.raises(SilenceError) as told:
        knocking(target.url).first_reply()
    assert monotonic() - began_s > 0.4
    assert str(told.value) == (
        f"The target {target.url} took no connection within 1 s (connect-refused), so no load was"
        " sent. Is it running, and is --host right?"
    )


def test_a_target_is_ready_once_the_path_for_that_answers_well() -> None:
    with odd_target(saying(reply(503), b"", reply(503), reply(204))) as target:
        (probe,) = asked(target.url, scenario(ready="/healthz"))
        first = probe.first_reply()
        assert target.connections == 4
    assert first is not None
    assert first.status == 204


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (saying(reply(503)), "http-503"),
        (saying(reply(404)), "http-404"),
        (closing, "closed"),
        (hanging, "timeout"),
    ],
)
def test_a_target_that_never_is_ready_gets_no_load(answer: Answer, reason: str) -> None:
    with odd_target(answer) as target:
        (probe,) = asked(target.url, ready="/healthz?full=1")
        with pytest.raises(SilenceError) as told:
            probe.first_reply()
    said = str(told.value)
    assert f"{target.url} was not ready (GET /healthz?full=1) within 1 s ({reason})" in said


def test_the_path_is_asked_for_as_the_scenario_asks_and_each_way_once() -> None:
    seen: list[bytes] = []

    def answer(connection: Any) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(reply(200))

    headers = {"Authorization": "Bearer ${WORD}"}
    plans = [
        scenario(ready="/a", headers=headers),
        scenario(ready="/b"),
        scenario(ready="/a"),
        scenario(headers=headers),
    ]
    with odd_target(answer) as target:
        for probe in asked(target.url, *plans, environ={"WORD": "w0rd"}):
            probe.first_reply()
        assert [request.split(b" ")[1] for request in seen] == [b"/a", b"/b", b"/"]
        assert [b"w0rd" in request for request in seen] == [True, False, False]
        assert len(asked(target.url, *plans, ready="/c", environ={"WORD": "w0rd"})) == 1


# --- TLS ------------------------------------------------------------------------------------


def openssl(folder: Path, name: str, *more: str) -> tuple[Path, Path]:
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-keyout", str(key), "-out", str(certificate), *more]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    openssl(folder, "server", "-addext", "subjectAltName=IP:127.0.0.1")
    openssl(folder, "client")
    return folder


def serving(pki: Path, *, wants: bool = False, highest: Any = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    if wants:
        context.load_verify_locations(pki / "client.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    if highest is not None:
        context.maximum_version = highest
    return context


def trusting(pki: Path, *fields: str) -> Scenario:
    files = {"cert": "client.pem", "key": "client.key"}
    tls = {"ca": str(pki / "server.pem"), **{f: str(pki / files[f]) for f in fields}}
    return scenario(tls=tls)


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("answer", [saying(reply(400)), closing])
def test_http_to_a_port_that_speaks_tls_says_so(pki: Path, answer: Answer) -> None:
    with odd_target(answer, serving(pki)) as target:
        (probe,) = asked(target.url.replace("https", "http"))
        with pytest.raises(SilenceError) as told:
            probe.first_reply()
    said = str(told.value)
    assert "speaks TLS, so no load was sent" in said
    assert f"Is its address {target.url}?" in said


@pytest.mark.usefixtures("_soon")
def test_https_to_a_port_that_speaks_http_says_so() -> None:
    with odd_target(saying(reply(400))) as target:
        (probe,) = asked(target.url.replace("http", "https"))
        with pytest.raises(SilenceError, match=r"speaks no TLS.* Is its address http:// instead"):
            probe.first_reply()


@pytest.mark.usefixtures("_soon")
def test_a_certificate_that_nobody_knows_is_told_with_what_to_do(pki: Path) -> None:
    with odd_target(saying(reply(200)), serving(pki)) as target:
        (probe,) = asked(target.url)
        with pytest.raises(SilenceError, match=r"certificate not accepted.*SSL_CERT_FILE.*tls:"):
            probe.first_reply()


@pytest.mark.usefixtures("_soon")
def test_who_is_knocked_for_may_have_a_certificate_that_only_its_users_take(pki: Path) -> None:
    with odd_target(saying(reply(200)), serving(pki)) as target:
        assert knocking(target.url).first_reply() is None


@pytest.mark.usefixtures("_soon")
def test_a_certificate_of_another_host_is_told_with_what_helps(pki: Path) -> None:
    certificate, key = openssl(pki, "elsewhere", "-addext", "subjectAltName=DNS:elsewhere")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with odd_target(saying(reply(200)), context) as target:
        (probe,) = asked(target.url, scenario(tls={"ca": str(certificate)}))
        with pytest.raises(SilenceError, match=r"mismatch.*--host names.*tls: {verify: false}"):
            probe.first_reply()


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        (ssl.TLSVersion.TLSv1_3, "the target asks for a client certificate"),
        (ssl.TLSVersion.TLSv1_2, "may ask for a client certificate"),
    ],
)
def test_a_target_that_asks_for_a_client_certificate_is_told_and_gets_it(
    pki: Path, version: ssl.TLSVersion, sentence: str
) -> None:
    with odd_target(saying(reply(200)), serving(pki, wants=True, highest=version)) as target:
        (without,) = asked(target.url, trusting(pki))
        with pytest.raises(SilenceError, match=rf"{sentence}.*tls: {{cert: FILE, key: FILE}}"):
            without.first_reply()
        (probe,) = asked(target.url, trusting(pki, "cert", "key"))
        first = probe.first_reply()
    assert first is not None
    assert first.status == 200


@pytest.mark.parametrize(
    "tls", [{"verify": False}, {"ca": "server.pem"}], ids=lambda tls: " ".join(tls)
)
def test_what_to_trust_can_be_said(pki: Path, tls: dict[str, Any]) -> None:
    named = {k: str(pki / v) if k == "ca" else v for k, v in tls.items()}
    with odd_target(saying(reply(200)), serving(pki)) as target:
        (probe,) = asked(target.url, scenario(tls=named))
        assert probe.first_reply() is not None


def test_other_certificates_are_another_way_to_ask(pki: Path) -> None:
    plans: Iterable[Scenario] = [trusting(pki), trusting(pki, "cert", "key"), trusting(pki)]
    assert len(asked("https://127.0.0.1:1", *plans)) == 2
