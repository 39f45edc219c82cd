"""The pods of manifests as processes of this machine: their command lines, variables, files and
probes as written, but for addresses, ports and the folders that volumes are."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy
from typing import Any

from e2e.waiting import wait_until

from target_app.children import start_child, stop_child
from target_app.redis_server import find_binary

from .kustomize import Manifest, pod_of

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
OF_THE_IMAGE = dict(re.findall(r"(PYTHON\w+)=(\w+)", (ROOT / "Dockerfile").read_text()))
"""Variables that it sets."""
TOKEN = "0123456789abcdef" * 2
VARIABLE = re.compile(r"\$\((\w+)\)")
READY_WITHIN_S = 30.0


@dataclass
class Pod:
    name: str
    folder: Path
    spec: Manifest
    process: subprocess.Popen[bytes]
    environ: dict[str, str]
    words: dict[str, str] = field(repr=False)

    @property
    def container(self) -> Manifest:
        (container,) = self.spec["containers"]
        return dict(container)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def evict(self) -> int:
        """As the kubelet does it: SIGTERM, and SIGKILL after the grace that the manifest gives."""
        self.process.terminate()
        return self.process.wait(self.spec["terminationGracePeriodSeconds"])

    def passes(self, probe: str) -> bool:
        command = [replaced(word, self.words) for word in self.container[probe]["exec"]["command"]]
        return subprocess.run(command, env=self.environ, timeout=10).returncode == 0

    def wait_until_started(self) -> None:
        wait_until(
            lambda: self.passes("startupProbe") or self.process.poll() is not None,
            READY_WITHIN_S,
            f"{self.name} has started",
        )
        assert self.process.poll() is None, self.log


class Pods:
    """`ports` are those that manifests name, each with one that is free here."""

    def __init__(
        self, folder: Path, manifests: Sequence[Manifest], ports: dict[int, int], exits: ExitStack
    ) -> None:
        self._folder, self._manifests, self._ports, self._exits = folder, manifests, ports, exits
        self._bin = folder / "bin"
        self._bin.mkdir()
        (self._bin / "redis-server").symlink_to(find_binary())  # as the image has it

    def start(self, workload: str, name: str) -> Pod:
        spec = self._spec_of(workload)
        (container,) = spec["containers"]
        folder = self._folder / name
        folder.mkdir()
        app = folder / "app"
        app.mkdir()
        copy(ROOT / "locustfile.py", app)
        words = self._addresses() | self._mounted(spec, container, folder) | {"/app": str(app)}
        environ = {"PATH": f"{self._bin}:{BIN}:/usr/bin:/bin", "HOME": "/nonexistent"}
        environ |= OF_THE_IMAGE | self._environ(container, words)
        command = [replaced(expanded(word, environ), words) for word in container["command"]]
        where = replaced(container.get("workingDir", "/app"), words)
        with (folder / "log").open("wb") as log:
            process = start_child(["env", "-C", where, *command], environ=environ, output=log)
        self._exits.callback(stop_child, process, 20)
        return Pod(name, folder, spec, process, environ, words)

    def config(self, name: str) -> dict[str, str]:
        data: dict[str, str] = self._named("ConfigMap", name)["data"]
        return data

    def _named(self, kind: str, name: str) -> Manifest:
        (found,) = [
            m for m in self._manifests if (m["kind"], m["metadata"]["name"]) == (kind, name)
        ]
        return found

    def _spec_of(self, workload: str) -> Manifest:
        (pod,) = [
            pod
            for m in self._manifests
            if m["metadata"]["name"] == workload and (pod := pod_of(m)) is not None
        ]
        return dict(pod["spec"])

    def _addresses(self) -> dict[str, str]:
        """Services are hosts, and this machine is all of them."""
        services = [m["metadata"]["name"] for m in self._manifests if m["kind"] == "Service"]
        hosts = dict.fromkeys((*services, "0.0.0.0"), "127.0.0.1")
        ports = {str(port): str(free) for port, free in self._ports.items()}
        return hosts | ports | {f"{port:04X}": f"{free:04X}" for port, free in self._ports.items()}

    def _environ(self, container: Manifest, words: dict[str, str]) -> dict[str, str]:
        given: dict[str, str] = {}
        for source in container.get("envFrom", ()):
            given |= self.config(source["configMapRef"]["name"])
        given |= {each["name"]: each["value"] for each in container.get("env", ())}
        return {name: replaced(value, words) for name, value in given.items()}

    def _mounted(self, spec: Manifest, container: Manifest, folder: Path) -> dict[str, str]:
        """Where it finds each path that a volume is mounted at."""
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        places: dict[str, str] = {}
        for mount in container["volumeMounts"]:
            volume = volumes[mount["name"]]
            claim = volume.get("persistentVolumeClaim")
            place = self._folder / claim["claimName"] if claim else folder / mount["name"]
            place.mkdir(exist_ok=True)
            places[mount["mountPath"]] = str(place)
        for name, volume in volumes.items():
            for file, text in self._files_of(volume).items():
                (folder / name / file).write_text(replaced(text, places))
        return places

    def _files_of(self, volume: dict[str, Any]) -> dict[str, str]:
        if "configMap" in volume:
            return self.config(volume["configMap"]["name"])
        return {"token": TOKEN} if "secret" in volume else {}


def expanded(word: str, environ: dict[str, str]) -> str:
    """$(NAME), as Kubernetes does it; a name that it doesn't know stays as it stands."""
    return VARIABLE.sub(lambda found: environ.get(found[1], found[0]), word)


def replaced(text: str, words: dict[str, str]) -> str:
    """All at once, so that nothing is replaced twice; the longest first."""
    longest_first = sorted(words, key=len, reverse=True)
    pattern = "|".join(
        rf"(?<![\w.]){re.escape(word)}(?![\w.])" if word[0] != "/" else rf"{re.escape(word)}(?!\w)"
        for word in longest_first
    )
    return re.sub(pattern, lambda found: words[found[0]], text)
