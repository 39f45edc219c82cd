"""The target of the benchmark: a C server, else nginx, else one in Python."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from bench.child import bound_to, child, line_of

HERE = Path(__file__).parent
BUILD = HERE / "build"
NGINX_WITHIN_S = 5.0

NGINX_CONF = """
daemon off; worker_processes 1; error_log stderr crit; pid {folder}/pid;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/a; fastcgi_temp_path {folder}/b;
  uwsgi_temp_path {folder}/c; scgi_temp_path {folder}/d;
  server {{ listen 127.0.0.1:{port}; default_type application/json;
            location / {{ return 201 '{{"id":"job-000000000001"}}'; }} }}
}}
"""


@contextmanager
def server(core: int) -> Iterator[tuple[str, str]]:
    """(what it is, its address)."""
    if compiler := shutil.which("cc") or shutil.which("gcc"):
        with child([compiled(compiler)], core) as process:
            yield "bench/server.c", f"http://127.0.0.1:{int(line_of(process))}"
    elif nginx := shutil.which("nginx"):
        with _nginx(nginx, core) as address:
            yield "nginx", address
    else:
        with child([sys.executable, "-m", "bench.uvloop_server"], core) as process:
            yield "bench/uvloop_server.py", f"http://127.0.0.1:{int(line_of(process))}"


def compiled(compiler: str) -> str:
    BUILD.mkdir(exist_ok=True)
    binary = BUILD / "server"
    source = HERE / "server.c"
    subprocess.run([compiler, "-O2", "-Wall", "-o", str(binary), str(source)], check=True)
    return str(binary)


@contextmanager
def _nginx(nginx: str, core: int) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="jobload-bench-") as folder:
        conf = Path(folder) / "nginx.conf"
        conf.write_text(NGINX_CONF.format(folder=folder, port=port))
        command = [nginx, "-p", folder, "-c", str(conf)]
        process = subprocess.Popen(command, preexec_fn=bound_to(core))
        try:
            _await(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _await(port: int) -> None:
    until = monotonic() + NGINX_WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if monotonic() > until:
                raise
            sleep(0.02)
