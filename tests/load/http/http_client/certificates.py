"""Makes a certificate authority and servers' certificates with the `openssl` command."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

Contexts = tuple[ssl.SSLContext, ssl.SSLContext]
"""What the server shows, and what trusts it."""

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]


class Authority:
    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("needs the openssl command; on Debian: apt-get install openssl")
        self._folder = folder
        self.certificate = folder / "authority.pem"
        self._key = folder / "authority.key"
        _openssl(
            *("-subj", "/CN=tests", "-keyout", str(self._key), "-out", str(self.certificate)),
            *("-addext", "keyUsage=critical,keyCertSign"),
        )

    def issue(self, *names: str) -> tuple[Path, Path]:
        """The certificate and key of a server; names such as "DNS:localhost" or "IP:::1"."""
        stem = "_".join(names).replace(":", "-")
        certificate, key = self._folder / f"{stem}.pem", self._folder / f"{stem}.key"
        _openssl(
            *("-subj", "/CN=server", "-keyout", str(key), "-out", str(certificate)),
            *("-CA", str(self.certificate), "-CAkey", str(self._key)),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-addext", f"subjectAltName={','.join(names)}"),
        )
        return certificate, key

    def server_context(self, *names: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self.issue(*names))
        return context

    def trusting_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))


def _openssl(*arguments: str) -> None:
    command = ["openssl", "req", "-x509", *NEW_KEY, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
