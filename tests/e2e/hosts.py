"""Several hosts on one switch: network namespaces, each of which vanishes with its processes.

Nothing is named and nothing is outside of them, so a test that is killed leaves nothing behind.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from e2e.waiting import wait_until
from target_app.children import start_child, stop_child

NETWORK = "10.77.0"
NOBODY = "02:00:00:00:00:ff"
"""An Ethernet address of no host."""
_CLONE_NEWNET = 0x40000000


def why_no_hosts() -> str | None:
    """A sentence where this machine can't have any."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root of a Linux machine can make network namespaces"
    if shutil.which("ip") is None:
        return "network namespaces want the command ip (apt-get install iproute2)"
    trial = "ip link add switch type bridge && ip link add one type veth peer name other"
    done = subprocess.run(["unshare", "--net", "--mount", "sh", "-c", trial], capture_output=True)
    return f"no network namespaces here: {done.stderr.decode()}" if done.returncode else None


@dataclass(frozen=True)
class Host:
    """Its network, name and /etc/hosts last as long as `holder` and the processes started here."""

    name: str
    address: str
    holder: subprocess.Popen[bytes]
    files: Path

    @property
    def inside(self) -> list[str]:
        """What comes before a command that shall run on this host."""
        return ["nsenter", f"--target={self.holder.pid}", "--net", "--mount", "--uts"]

    def run(self, *command: str) -> None:
        subprocess.run([*self.inside, *command], check=True, timeout=10, stdin=subprocess.DEVNULL)

    def knows(self, names: dict[str, str]) -> None:
        """These and no others: the resolver that it would ask has no host."""
        lines = [f"{address} {name}\n" for name, address in names.items()]
        (self.files / "hosts").write_text("127.0.0.1 localhost\n" + "".join(lines))

    def connect(self, port: int) -> socket.socket:
        """To its loopback, from the outside: a socket stays where it was made."""
        with _network_of(self.holder.pid):
            made = socket.socket()
        made.settimeout(10)
        made.connect(("127.0.0.1", port))
        return made


@contextmanager
def _network_of(pid: int) -> Iterator[None]:
    """Of this thread, so that nothing may wait in here."""
    setns = ctypes.CDLL(None, use_errno=True).setns
    with Path("/proc/thread-self/ns/net").open() as own, Path(f"/proc/{pid}/ns/net").open() as net:
        assert setns(net.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            setns(own.fileno(), _CLONE_NEWNET)


class Hosts:
    """They know each other by name; `host["worker-1"]` is one of them."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder = folder
        self._exits = ExitStack()
        self._host: dict[str, Host] = {}
        self._switch = self._hold("switch", "")
        self._switch.run("ip", "link", "add", "switch", "type", "bridge")
        self._switch.run("ip", "link", "set", "switch", "up")
        for number, name in enumerate(names, start=1):
            self._plug_in(name, f"{NETWORK}.{number}")
        self.names = {host.name: host.address for host in self._host.values()}
        for host in self._host.values():
            host.knows(self.names)

    def _hold(self, name: str, address: str) -> Host:
        files = self._folder / name
        files.mkdir(parents=True)
        (files / "hosts").touch()
        (files / "resolv.conf").write_text(
            f"nameserver {NETWORK}.250\noptions timeout:1 attempts:1\n"
        )
        mounts = [f"mount --bind {files / each} /etc/{each}" for each in ("hosts", "resolv.conf")]
        named = f"echo {name} >/proc/sys/kernel/hostname"
        script = " && ".join(["ip link set lo up", named, *mounts, f"touch {files / 'ready'}"])
        command = [
            "unshare",
            "--net",
            "--mount",
            "--uts",
            "sh",
            "-ec",
            f"{script}; exec sleep infinity",
        ]
        holder = start_child(command)
        self._exits.callback(stop_child, holder, 5)
        wait_until((files / "ready").exists, 10, f"host {name} is there")
        return Host(name, address, holder, files)

    def _plug_in(self, name: str, address: str) -> None:
        host = self._host[name] = self._hold(name, address)
        peer = ["peer", "name", "eth0", "netns", str(host.holder.pid)]
        self._switch.run("ip", "link", "add", name, "type", "veth", *peer)
        self._switch.run("ip", "link", "set", name, "master", "switch", "up")
        host.run("ip", "address", "add", f"{address}/24", "dev", "eth0")
        host.run("ip", "link", "set", "eth0", "up")

    def __getitem__(self, name: str) -> Host:
        return self._host[name]

    def unplug(self, name: str) -> None:
        self._switch.run("ip", "link", "set", name, "down")

    def plug(self, name: str) -> None:
        self._switch.run("ip", "link", "set", name, "up")

    def take_away(self, name: str) -> None:
        """With its cable: no host ever hears of it again."""
        self._switch.run("ip", "link", "delete", name)

    def lose(self, sender: str, receiver: str) -> None:
        """What is sent this way gets lost, and nobody is told; the other way stays whole."""
        self[sender].run(*self._neighbour("replace", receiver), "lladdr", NOBODY, "nud", "perm")

    def find(self, sender: str, receiver: str) -> None:
        """The end of `lose`."""
        self[sender].run(*self._neighbour("delete", receiver))

    def _neighbour(self, change: str, receiver: str) -> list[str]:
        return ["ip", "neighbour", change, self[receiver].address, "dev", "eth0"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()
