"""Files of certificates that can't be used are told before any load, and nobody is asked for a
passphrase."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from http_client.certificates import Authority
from one_process import scenario

from jobload.load.http.tls_context import tls_context
from jobload.plan.problem import PlanError


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pki")
    authority = Authority(folder)
    cert, key = authority.issue("DNS:a")
    _, other = authority.issue("DNS:b")
    both = folder / "both.pem"
    both.write_text(f"# Schlüssel\n{cert.read_text()}{key.read_text()}")
    locked = folder / "locked.key"
    command = ["openssl", "pkey", "-in", str(key), "-aes256", "-passout", "pass:x"]
    subprocess.run([*command, "-out", str(locked)], check=True, capture_output=True)
    noise = folder / "noise.pem"
    noise.write_bytes(bytes(range(256)))
    bundle = folder / "bundle.pem"
    bundle.write_text(f"# Wurzel für Tests\n{authority.certificate.read_text()}")
    return {
        "cert": str(cert),
        "key": str(key),
        "other": str(other),
        "both": str(both),
        "locked": str(locked),
        "noise": str(noise),
        "ca": str(bundle),
        "folder": str(folder),
        "nowhere": str(folder / "nowhere.pem"),
    }


@pytest.mark.parametrize(
    "tls",
    [
        {"cert": "cert", "key": "key"},
        {"cert": "both"},
        {"ca": "ca"},
        {"cert": "cert", "key": "key", "verify": False},
    ],
    ids=str,
)
def test_what_fits_is_taken(files: dict[str, str], tls: dict[str, Any]) -> None:
    given = {field: files.get(value, value) for field, value in tls.items()}
    assert tls_context(scenario(tls=given).tls)


@pytest.mark.parametrize(
    ("tls", "field", "culprit", "sentence"),
    [
        ({"cert": "nowhere"}, "cert", "nowhere", "can't be read: No such file or directory"),
        ({"cert": "folder"}, "cert", "folder", "is a folder; name a file in it"),
        ({"cert": "cert", "key": "nowhere"}, "key", "nowhere", "can't be read: No such file"),
        ({"cert": "cert", "key": "other"}, "key", "other", "is not the key of the certificate in"),
        ({"cert": "cert", "key": "locked"}, "key", "locked", "needs a passphrase"),
        ({"cert": "cert"}, "cert", "cert", "holds no certificate in PEM form, or "),
        ({"cert": "noise"}, "cert", "noise", "holds no certificate in PEM form, or "),
        ({"ca": "nowhere"}, "ca", "nowhere", "can't be read: No such file or directory"),
        ({"ca": "noise"}, "ca", "noise", "holds no certificate in PEM form"),
        ({"ca": "key"}, "ca", "key", "holds no certificate in PEM form"),
    ],
    ids=str,
)
def test_what_does_not_is_told_with_the_file(
    files: dict[str, str], tls: dict[str, str], field: str, culprit: str, sentence: str
) -> None:
    with pytest.raises(PlanError) as told:
        tls_context(scenario(tls={name: files[value] for name, value in tls.items()}).tls)
    assert str(told.value).startswith(f"{files[culprit]}: tls.{field}: {sentence}")
