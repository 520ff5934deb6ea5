"""What `deploy/` says agrees with the code: ports, addresses, sizes, and that nothing there may do more than it must."""

import json
import os
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from deploy import check, serve
from tests.support.source import ROOT
from vit_explainer import headers

DEPLOY = ROOT / "deploy"
PORT = 8501
SETTINGS = re.compile(r"\b(VIT_[A-Z_]+)\b")


def manifest(name: str) -> dict:
    return yaml.safe_load((DEPLOY / "kubernetes" / f"{name}.yaml").read_text(encoding="utf-8"))


def containers() -> list[dict]:
    return manifest("deployment")["spec"]["template"]["spec"]["containers"]


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def rendered(*told: str) -> str:
    return subprocess.run([serve.RENDER, *told], capture_output=True, text=True, check=True).stdout


def addresses_of_the_server() -> set[str]:
    from vit_explainer.serve import app

    return {route.path for route in app._user_routes} | {"/_stcore/health"}


def test_every_manifest_is_listed_and_has_what_its_kind_needs() -> None:
    listed = set(manifest("kustomization")["resources"])
    assert listed == {file.name for file in check.MANIFESTS}
    kinds = {}
    for file in check.MANIFESTS:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert said["apiVersion"] and said["metadata"]["name"] == "vit-explainer" and said["spec"]
        kinds[said["kind"]] = said["spec"]
    assert set(kinds) == {"Deployment", "Service", "Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget"}
    labels = kinds["Deployment"]["template"]["metadata"]["labels"]
    assert kinds["Deployment"]["selector"]["matchLabels"] == labels == kinds["Service"]["selector"]
    assert kinds["PodDisruptionBudget"]["selector"]["matchLabels"] == labels
    assert kinds["HorizontalPodAutoscaler"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "vit-explainer"}
    assert kinds["HorizontalPodAutoscaler"]["minReplicas"] >= 2 > kinds["PodDisruptionBudget"]["minAvailable"]
    to = kinds["Ingress"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert to == {"name": "vit-explainer", "port": {"name": kinds["Service"]["ports"][0]["name"]}}
    assert kinds["Service"]["ports"][0]["targetPort"] in {port["name"] for port in containers()[0]["ports"]}
    assert manifest("ingress")["metadata"]["annotations"]["nginx.ingress.kubernetes.io/affinity"] == "cookie"


def test_ports_are_the_images_and_probes_ask_what_the_server_answers(compose, dockerfile) -> None:
    entry = json.loads(re.search(r"^ENTRYPOINT (\[.*\])$", dockerfile, re.MULTILINE)[1])
    assert entry == ["vit-explainer", "--port", str(PORT), "--address", "0.0.0.0"]
    assert f"EXPOSE {PORT}" in dockerfile
    (container,) = containers()
    assert [port["containerPort"] for port in container["ports"]] == [PORT]
    asked = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")}
    checks = dockerfile, *compose["services"]["nginx"]["healthcheck"]["test"]
    asked |= {path for text in checks for path in re.findall(r":\d{4}(/\w+)", text)}
    assert asked == {"/ready", "/_stcore/health"} <= addresses_of_the_server()
    assert container["livenessProbe"]["httpGet"]["path"] == "/_stcore/health"  # a model that loads for long is no reason to start again


def test_containers_write_nothing_and_may_do_nothing(compose, dockerfile) -> None:
    assert re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE) == ["10001:10001"]
    pod, (container,) = manifest("deployment")["spec"]["template"]["spec"], containers()
    assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"] and security["capabilities"] == {"drop": ["ALL"]}
    assert [volume["emptyDir"]["medium"] for volume in pod["volumes"]] == ["Memory"]
    for name, service in compose["services"].items():
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"], name
        assert {entry.split(":")[0] for entry in service["tmpfs"]} == {"/tmp"}, name
        assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys(), name
        assert not [volume for volume in service.get("volumes", []) if not volume.endswith(":ro")], name


def test_requests_are_no_more_than_limits() -> None:
    resources = containers()[0]["resources"]
    assert set(resources) == {"requests", "limits"} and all({"cpu", "memory"} == part.keys() for part in resources.values())


def test_processes_know_how_many_cores_they_have(compose) -> None:
    limits = containers()[0]["resources"]["limits"]
    told = {entry["name"]: entry.get("value") for entry in containers()[0]["env"]}
    assert told["VIT_CORES"] == limits["cpu"] == told["OMP_NUM_THREADS"]
    for name in ("app-1", "app-2"):
        service = compose["services"][name]
        assert f":-{service['deploy']['resources']['limits']['cpus']}}}" in service["environment"]["VIT_CORES"]
    shared = serve.environment(2)
    assert int(shared["VIT_CORES"]) == max(1, (os.cpu_count() or 1) // 2)


def test_composes_replicas_are_nginxs(compose) -> None:
    names = {name for name in compose["services"] if name != "nginx"}
    assert len(names) >= 2
    command = compose["services"]["nginx"]["command"][2]
    assert set(re.findall(r"(\S+)=(\S+):8501", command)) == {(name, name) for name in names}
    assert {compose["services"][name]["environment"]["VIT_REPLICA"] for name in names} == names
    assert compose["services"]["nginx"]["depends_on"].keys() == names
    assert not [name for name in names if "ports" in compose["services"][name]]  # nobody comes past nginx


def test_nginx_takes_the_largest_upload_and_keeps_nothing() -> None:
    said = rendered("8080", "/tmp/run", "one=127.0.0.1:8601", "two=127.0.0.1:8602")
    largest = int(re.search(r"maxUploadSize = (\d+)", (ROOT / ".streamlit" / "config.toml").read_text())[1])
    assert int(re.search(r"client_max_body_size (\d+)m;", said)[1]) == largest + 1
    assert f"proxy-body-size: {largest + 1}m" in (DEPLOY / "kubernetes" / "ingress.yaml").read_text()
    for line in ("access_log off;", "error_log stderr crit;", "proxy_request_buffering off;", "proxy_max_temp_file_size 0;"):
        assert line in said
    assert f"$cookie_{headers.REPLICA} " in said
    assert "@" not in re.sub(r"#.*", "", said)


def test_a_browser_goes_to_its_replica_and_to_the_others_if_that_is_gone() -> None:
    said = rendered("8080", "/tmp/run", "one=127.0.0.1:8601", "two=127.0.0.1:8602")
    blocks = re.findall(r"upstream (\w+) \{(.*?)\}", said, re.DOTALL)
    groups = {name: re.findall(r"server (\S+) [^;]*?( backup)?;", body) for name, body in blocks}
    assert groups == {
        "any": [("127.0.0.1:8601", ""), ("127.0.0.1:8602", "")],
        "replica_one": [("127.0.0.1:8601", ""), ("127.0.0.1:8602", " backup")],
        "replica_two": [("127.0.0.1:8602", ""), ("127.0.0.1:8601", " backup")],
    }
    assert re.search(r"map \$cookie_vit_replica \$replicas \{\s+default any;\s+one replica_one;\s+two replica_two;\s+\}", said)


def test_nginx_ends_idle_connections_before_the_app_does() -> None:
    """Else a request now and then meets a connection that is being closed: a replica that is well is left out for seconds."""
    said = rendered("8080", "/tmp/run", "one=127.0.0.1:8601", "two=127.0.0.1:8602")
    kept = [int(seconds) for seconds in re.findall(r"keepalive 32;\s+keepalive_timeout (\d+)s;", said)]
    app = import_module("uvicorn").Config(app="")  # Streamlit's own server
    assert len(kept) == len(re.findall(r"upstream \w+ \{", said)) and max(kept) < app.timeout_keep_alive


@pytest.mark.parametrize("told", [[], ["one"], ["one=a:1;include /etc"], ["=a:1"], ["one=a=b:1"]])
def test_what_is_no_replica_gets_one_sentence(told) -> None:
    done = subprocess.run([serve.RENDER, "8080", "/tmp", *told], capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == "" and len(done.stderr.splitlines()) == 1


def test_what_deploy_sets_is_what_the_code_reads() -> None:
    files = [file for file in DEPLOY.rglob("*") if file.suffix in {".yaml", ""} and file.is_file()]
    named = {name for file in files for name in SETTINGS.findall(file.read_text(encoding="utf-8"))}
    sources = "".join(file.read_text() for part in ("ui", "vit_core", "vit_explainer") for file in (ROOT / part).rglob("*.py"))
    read = set(SETTINGS.findall(sources)) | {f"VIT_{name.upper()}" for name in re.findall(r'"(keep_\w+)"', sources)}
    assert named and named <= read


def test_without_nginx_make_serve_says_one_sentence(monkeypatch) -> None:
    monkeypatch.setattr(serve, "find_nginx", lambda: None)
    with pytest.raises(SystemExit, match="need nginx in front of them"):
        serve.main(["--workers", "2"])


def test_a_checker_that_is_not_there_is_said(capsys) -> None:
    assert check.run(check.Check("no-such-checker", (Path("x"),), "the moon")) == ""
    assert capsys.readouterr().out == "deploy: no-such-checker is not installed, so it does not check the moon.\n"
