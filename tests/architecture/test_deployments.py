"""What is handed to hosts and to CI is in agreement with the product; none of it can be run where these tests run."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tests.architecture.composition import VARIABLE, settings_of_the_product
from tests.architecture.sources import ROOT

DEPLOY = ROOT / "deploy"
SERVICES = {"api", "rules-engine", "enricher"}
WITH_OPTIONAL = {*SERVICES, "notifier"}
COMMANDS = {
    script
    for path in [ROOT / "shared" / "pyproject.toml", *(ROOT / "services").glob("*/pyproject.toml")]
    for script in tomllib.loads(path.read_text())["project"]["scripts"]
}
FLY = {path.stem: tomllib.loads(path.read_text()) for path in (DEPLOY / "fly").glob("*.toml")}
RAILWAY = {path.stem: json.loads(path.read_text()) for path in (DEPLOY / "railway").glob("*.json")}
RENDER = yaml.safe_load((DEPLOY / "render" / "render.yaml").read_text())
WORKFLOWS = {path.name: path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml")}


def _assert_known(settings: Mapping[str, Any]) -> None:
    ours = {name for name in settings if VARIABLE.fullmatch(name)}

    assert ours - settings_of_the_product() == set(), "no service reads it: a typo, or a setting that is gone"


def _render(name: str) -> dict[str, Any]:
    (found,) = (service for service in RENDER["services"] if service["name"] == f"mcm-{name}")
    return dict(found)


@pytest.mark.parametrize("name", sorted(WITH_OPTIONAL))
def test_fly_builds_and_asks_each_service_where_it_serves(name: str) -> None:
    app = FLY[name]

    assert app["build"]["args"] == {"SERVICE": name}
    assert (DEPLOY / "fly" / app["build"]["dockerfile"]).resolve() == DEPLOY / "Dockerfile"
    _assert_known(app["env"])
    (check,) = app["checks"].values()
    assert (check["port"], check["path"]) == ((8000, "/ready") if name == "api" else (9400, "/metrics"))


@pytest.mark.parametrize("name", sorted(WITH_OPTIONAL))
def test_railway_runs_each_service(name: str) -> None:
    service = RAILWAY[name]

    assert service["deploy"]["startCommand"] == f"mcm-{name} run"
    assert (ROOT / service["build"]["dockerfilePath"].lstrip("/")).is_file()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_render_builds_each_service_with_a_login_to_kafka_and_the_database(name: str) -> None:
    service = _render(name)
    groups = {group["name"]: group["envVars"] for group in RENDER["envVarGroups"]}
    own = {one["key"]: one for one in service["envVars"] if "key" in one}
    shared = {one["key"] for group in service["envVars"] if "fromGroup" in group for one in groups[group["fromGroup"]]}

    assert own["SERVICE"]["value"] == name
    assert {"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_SASL_PASSWORD", "KAFKA_SECURITY_PROTOCOL"} <= {
        *own,
        *shared,
    }
    _assert_known(dict.fromkeys({*own, *shared}))
    assert service["dockerfilePath"] == "./deploy/Dockerfile"


def test_the_schema_is_brought_up_to_date_before_each_release() -> None:
    assert FLY["api"]["deploy"]["release_command"] == "mcm-migrate"
    assert RAILWAY["api"]["deploy"]["preDeployCommand"] == ["mcm-migrate"]
    assert _render("api")["preDeployCommand"] == "mcm-migrate"
    assert "mcm-migrate" in COMMANDS


def test_no_host_makes_the_api_public() -> None:
    """Login is the first line of defence, and a private network the second."""
    assert _render("api")["type"] == "pserv"
    assert {service["name"] for service in RENDER["services"] if service["type"] == "web"} == {"mcm-gate"}
    assert all("http_service" not in app and "services" not in app for app in FLY.values())


def test_no_secret_is_written_down() -> None:
    texts = [path.read_text() for path in DEPLOY.rglob("*") if path.suffix in {".yaml", ".toml", ".json"}]
    written = re.findall(r"(?:PASSWORD|SECRET|API_KEY)\b.*?(?:value: |= ?\")[^\s}]+", "\n".join(texts))

    assert written == []


def test_workflows_run_what_people_run() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    run = {target for text in WORKFLOWS.values() for target in re.findall(r"run: make ([a-z-]+)", text)}

    assert run == {"audit", "env", "test", "test-compose"}
    assert run <= targets


def test_workflows_may_write_only_where_they_must() -> None:
    for name, text in WORKFLOWS.items():
        workflow = yaml.safe_load(text)
        assert workflow["permissions"] == {"contents": "read"}, name
        for job in workflow["jobs"].values():
            checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout")]
            assert all(step["with"] == {"persist-credentials": False} for step in checkouts), name
            assert job["timeout-minutes"] <= 60


def test_every_supported_python_is_tested() -> None:
    (pyproject,) = {path.read_text() for path in [ROOT / "shared" / "pyproject.toml"]}
    least = tomllib.loads(pyproject)["project"]["requires-python"].removeprefix(">=")

    assert yaml.safe_load(WORKFLOWS["test.yml"])["jobs"]["test"]["strategy"]["matrix"]["python"] == [
        f"3.{minor}" for minor in range(int(least.split(".")[1]), 15)
    ]
