"""nginx, with what it writes in a folder of the test."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from e2e.waiting import wait_until
from target_app.children import start_child, stop_child

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
IS_THERE = NGINX is not None and shutil.which("openssl") is not None
MISSING = "needs nginx and openssl; on Debian: apt-get install nginx openssl"
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log stderr; worker_processes 1; {user}
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log combined;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {servers}
}}
"""


def make_certificate(folder: Path, name: str, *more: str) -> None:
    """NAME.pem and NAME.key."""
    files = ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    subprocess.run([*command, *files, *more], check=True, capture_output=True)


@contextlib.contextmanager
def running_nginx(folder: Path, servers: str) -> Iterator[None]:
    assert NGINX is not None
    user = "user root;" if os.geteuid() == 0 else ""
    text = CONFIGURATION.format(folder=folder, servers=servers, user=user)
    (folder / "nginx.conf").write_text(text)
    with (folder / "nginx.log").open("wb") as output:
        nginx = start_child([NGINX, "-c", str(folder / "nginx.conf")], output=output)
    try:
        wait_until(lambda: (folder / "pid").exists(), 10, "nginx runs")
        yield
    finally:
        stop_child(nginx, 10)
