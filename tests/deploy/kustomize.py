"""What `kustomize build` makes of a folder, as far as deploy/kubernetes uses it.

kustomize is a program of its own that tests can't have. So only what is plain is used there, and a
field that this does not know is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Manifest = dict[str, Any]
KUBERNETES = Path(__file__).resolve().parents[2] / "deploy/kubernetes"
OVERLAYS = ("own-api", "stand-in", "results")
MADE_BY_HAND = {"jobload-token"}
"""A secret has no place among files; the page says how it is made."""
KINDS = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
FIELDS = {*KINDS, "resources", "images", "generatorOptions", "configMapGenerator"}


def build(folder: Path) -> list[Manifest]:
    kustomization = _read(folder / "kustomization.yaml")[0]
    unknown = set(kustomization) - FIELDS
    assert not unknown, f"{folder.name}: this does not know {unknown}"
    assert {key: kustomization[key] for key in KINDS} == KINDS
    manifests: list[Manifest] = []
    for resource in kustomization["resources"]:
        path = folder / resource
        manifests += build(path) if path.is_dir() else _read(path)
    made = [_config_map(folder, asked) for asked in kustomization.get("configMapGenerator", ())]
    if made:  # else their names, and all that name them, would get a hash
        assert kustomization["generatorOptions"] == {"disableNameSuffixHash": True}
    for image in kustomization.get("images", ()):
        for manifest in manifests:
            _rename(manifest, image)
    return [*made, *manifests]


def _read(path: Path) -> list[Manifest]:
    """As plain values, whatever ruamel.yaml notes about them."""
    return [json.loads(json.dumps(each)) for each in YAML(typ="safe").load_all(path.read_text())]


def _config_map(folder: Path, asked: Manifest) -> Manifest:
    assert set(asked) <= {"name", "files", "literals"}
    data = {name: (folder / name).read_text() for name in asked.get("files", ())}
    data |= dict(literal.split("=", 1) for literal in asked.get("literals", ()))
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": asked["name"]},
        "data": data,
    }


def _rename(manifest: Manifest, image: Manifest) -> None:
    assert set(image) <= {"name", "newName", "newTag"}
    for container in containers_of(manifest):
        if container["image"] == image["name"]:
            name = image.get("newName", image["name"])
            container["image"] = f"{name}:{image['newTag']}" if "newTag" in image else name


def pod_of(manifest: Manifest) -> Manifest | None:
    """Metadata and spec of the pods that it makes, if it makes any."""
    if manifest["kind"] == "Pod":
        return manifest
    template: Manifest | None = manifest.get("spec", {}).get("template")
    return template


def containers_of(manifest: Manifest) -> Iterator[Manifest]:
    if pod := pod_of(manifest):
        yield from pod["spec"]["containers"]
