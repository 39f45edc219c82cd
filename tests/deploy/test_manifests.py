"""deploy/kubernetes, without a cluster: what the manifests grant, and that they fit together."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest

from jobload.lifecycle.end_times import FINAL_WITHIN_S, LEAVE_WITHIN_S
from jobload.plan.plan_file import load_plan_file

from .kustomize import KUBERNETES, MADE_BY_HAND, OVERLAYS, Manifest, build, containers_of, pod_of
from .network import may_reach

VERSIONS = ("1.35", "1.36", "1.37")
RUNS = ("own-api", "stand-in")
BUILT = {name: build(KUBERNETES / name) for name in OVERLAYS}


def the(overlay: str, kind: str, name: str) -> Manifest:
    (found,) = [m for m in BUILT[overlay] if (m["kind"], m["metadata"]["name"]) == (kind, name)]
    return found


def pods(overlay: str) -> dict[str, Manifest]:
    return {m["metadata"]["name"]: pod for m in BUILT[overlay] if (pod := pod_of(m))}


WORKLOADS = [(overlay, name) for overlay in OVERLAYS for name in pods(overlay)]


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_meets_the_schemas_of_this_version(overlay: str, version: str) -> None:
    for manifest in BUILT[overlay]:
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_two_have_one_name(overlay: str) -> None:
    names = [(m["kind"], m["metadata"]["name"]) for m in BUILT[overlay]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("overlay", "name"), WORKLOADS)
def test_a_pod_has_as_few_rights_as_it_needs(overlay: str, name: str) -> None:
    spec = pods(overlay)[name]["spec"]
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "fsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    assert not [volume for volume in spec["volumes"] if "hostPath" in volume]
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize(("overlay", "name"), WORKLOADS)
def test_a_container_asks_for_what_it_may_use_and_has_the_one_image(
    overlay: str, name: str
) -> None:
    for container in pods(overlay)[name]["spec"]["containers"]:
        assert container["image"] == "jobload:local"
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}


@pytest.mark.parametrize("name", ["jobload-master", "jobload-workers"])
def test_what_makes_and_judges_load_has_a_core_of_its_own(name: str) -> None:
    """Quality of service: guaranteed."""
    (container,) = pods("own-api")[name]["spec"]["containers"]
    assert container["resources"]["requests"] == container["resources"]["limits"]
    assert container["resources"]["limits"]["cpu"] == "1"


@pytest.mark.parametrize(("overlay", "name"), WORKLOADS)
def test_everything_a_pod_names_is_there(overlay: str, name: str) -> None:
    there = {(m["kind"], m["metadata"]["name"]) for m in BUILT[overlay]}
    there |= {("Secret", secret) for secret in MADE_BY_HAND}
    if overlay == "results":
        there |= {(m["kind"], m["metadata"]["name"]) for m in BUILT["own-api"]}
    spec = pods(overlay)[name]["spec"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    for volume in volumes.values():
        assert _source(volume) in {None, *there}
    for container in spec["containers"]:
        assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
        for given in container.get("envFrom", ()):
            assert ("ConfigMap", given["configMapRef"]["name"]) in there


def _source(volume: Manifest) -> tuple[str, str] | None:
    if "configMap" in volume:
        return "ConfigMap", volume["configMap"]["name"]
    if "secret" in volume:
        return "Secret", volume["secret"]["secretName"]
    if "persistentVolumeClaim" in volume:
        return "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
    assert "emptyDir" in volume
    return None


@pytest.mark.parametrize("overlay", RUNS)
def test_a_service_leads_to_the_pods_of_one_workload_and_to_a_port_of_theirs(overlay: str) -> None:
    for service in (m for m in BUILT[overlay] if m["kind"] == "Service"):
        selector = service["spec"]["selector"]
        (pod,) = [
            pod
            for pod in pods(overlay).values()
            if selector.items() <= pod["metadata"]["labels"].items()
        ]
        ports = {p["name"] for c in pod["spec"]["containers"] for p in c["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


@pytest.mark.parametrize("overlay", RUNS)
def test_a_run_is_never_started_again_and_ends_with_the_masters_exit_code(overlay: str) -> None:
    master = the(overlay, "Job", "jobload-master")["spec"]
    assert master["backoffLimit"] == 0
    assert master["template"]["spec"]["restartPolicy"] == "Never"
    assert len(master["template"]["spec"]["containers"]) == 1
    assert not {"ttlSecondsAfterFinished", "podFailurePolicy"} & set(master)


@pytest.mark.parametrize("overlay", RUNS)
def test_workers_go_with_the_run_and_nobody_who_left_in_order_is_replaced(overlay: str) -> None:
    workers = the(overlay, "Job", "jobload-workers")["spec"]
    assert "completions" not in workers
    assert workers["backoffLimit"] > 0  # else one that is killed takes all others with it
    assert workers["template"]["spec"]["restartPolicy"] == "Never"


@pytest.mark.parametrize("overlay", RUNS)
def test_the_number_of_workers_is_the_same_wherever_it_stands(overlay: str) -> None:
    workers = the(overlay, "Job", "jobload-workers")["spec"]["parallelism"]
    assert the(overlay, "ConfigMap", "jobload-settings")["data"]["WORKERS"] == str(workers)
    budget = the(overlay, "PodDisruptionBudget", "jobload-workers")
    assert budget["spec"]["minAvailable"] == workers - 1


@pytest.mark.parametrize("overlay", RUNS)
@pytest.mark.parametrize("name", ["jobload-master", "jobload-workers"])
def test_a_pod_that_is_told_to_end_has_the_time_for_it(overlay: str, name: str) -> None:
    """What is in flight comes to its end, which is what the scenarios allow it, and defaults do."""
    plan = load_plan_file(KUBERNETES / overlay / "scenarios.yaml")
    longest_s = max(scenario.drain_s for scenario in plan.scenarios.values())
    grace_s = pods(overlay)[name]["spec"]["terminationGracePeriodSeconds"]
    assert grace_s > longest_s + FINAL_WITHIN_S + LEAVE_WITHIN_S


@pytest.mark.parametrize("overlay", RUNS)
def test_a_budget_is_about_pods_that_are_there(overlay: str) -> None:
    labels = [pod["metadata"]["labels"].items() for pod in pods(overlay).values()]
    for budget in (m for m in BUILT[overlay] if m["kind"] == "PodDisruptionBudget"):
        selected = budget["spec"]["selector"]["matchLabels"].items()
        assert len([each for each in labels if selected <= each]) == 1
        assert "maxUnavailable" not in budget["spec"]  # not for pods of a Job


@pytest.mark.parametrize(
    ("sender", "receiver", "port", "may"),
    [
        ("jobload-workers", "jobload-master", 5557, True),
        ("jobload-workers", "jobs-api", 8000, True),
        ("jobload-master", "jobs-api", 8000, True),
        ("jobs-api", "jobs-store", 6379, True),
        ("jobload-workers", "jobs-store", 6379, False),
        ("jobload-master", "jobs-store", 6379, False),
        ("jobs-api", "jobload-master", 5557, False),
        ("jobs-store", "jobs-api", 8000, False),
        ("jobload-master", "jobload-workers", 5557, False),
        ("anybody", "jobload-master", 5557, False),
        ("anybody", "jobload-workers", 5557, False),
        ("anybody", "jobs-store", 6379, False),
    ],
)
def test_who_may_talk_to_whom(sender: str, receiver: str, port: int, may: bool) -> None:
    policies = [m for m in BUILT["stand-in"] if m["kind"] == "NetworkPolicy"]
    labels: dict[str, Any] = {n: p["metadata"]["labels"] for n, p in pods("stand-in").items()}
    labels["anybody"] = {"app.kubernetes.io/name": "anybody"}
    assert may_reach(policies, labels[sender], labels[receiver], port) is may


def test_the_reader_of_results_talks_to_nobody() -> None:
    policies = [m for m in BUILT["own-api"] if m["kind"] == "NetworkPolicy"]
    reader = pods("results")["jobload-results"]["metadata"]["labels"]
    master = pods("own-api")["jobload-master"]["metadata"]["labels"]
    assert not may_reach(policies, reader, master, 5557)


def test_an_image_comes_from_no_registry_that_nobody_chose() -> None:
    for path in KUBERNETES.rglob("*.yaml"):
        for line in path.read_text().splitlines():
            if line.strip().startswith(("image:", "- {name: jobload, new")):
                assert "/" not in line
    assert all(
        c["image"] == "jobload:local" for o in OVERLAYS for m in BUILT[o] for c in containers_of(m)
    )
