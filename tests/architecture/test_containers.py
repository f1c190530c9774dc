"""docker-compose.yml, .env.example and the Dockerfile: safe by default, and in agreement with the code."""

import re
import tomllib
from fnmatch import fnmatch
from typing import Any

import pytest

from tests.architecture.composition import OURS, our_services, services, settings_of_the_product
from tests.architecture.sources import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
LOOPBACK = "127.0.0.1:"
ONE_OFF = {"migrate", "topics", "backlog"}
STAGES = set(re.findall(r"^FROM service AS ([a-z-]+)$", DOCKERFILE, re.MULTILINE))


def _read_by_compose() -> set[str]:
    with_default = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))
    handed_on = {
        name for service in services().values() for name, value in _environment(service).items() if value is None
    }
    return with_default | handed_on


def _environment(service: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = service.get("environment", {})
    return found


def test_the_example_holds_every_variable_that_compose_reads_and_no_other() -> None:
    in_example = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))

    assert in_example == _read_by_compose()


def test_the_example_shows_the_defaults_of_compose() -> None:
    shown = dict(re.findall(r"^#([A-Z][A-Z0-9_]+)=(.+)$", EXAMPLE, re.MULTILINE))
    defaults = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", COMPOSE))

    assert {name: value for name, value in shown.items() if name in defaults} == defaults


def test_every_variable_of_compose_is_documented() -> None:
    documented = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", (ROOT / "docs" / "operations.md").read_text()))

    assert _read_by_compose() - documented == set(), "add it to the settings in docs/operations.md"


@pytest.mark.parametrize("name", our_services())
def test_our_containers_get_settings_that_the_product_reads(name: str) -> None:
    unknown = _environment(our_services()[name]).keys() - settings_of_the_product()

    assert unknown == set(), "no service reads it: a typo, or a setting that is gone"


def test_only_the_api_is_published_and_kafka_on_loopback() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}

    assert published.keys() == {"api", "kafka", "grafana"}
    assert published["api"] == ["${MCM_PUBLISH_ADDRESS:-127.0.0.1}:${MCM_PUBLISH_API_PORT:-8000}:8000"]
    assert all(port.startswith(LOOPBACK) for name in ("kafka", "grafana") for port in published[name])
    assert services()["grafana"]["profiles"] == ["observability"]


def test_no_password_has_a_default() -> None:
    secrets = re.findall(r"\$\{[A-Z_]*(?:PASSWORD|SECRET|KEY)[^}]*\}", COMPOSE)

    assert len(secrets) >= 2
    assert all(":?" in secret for secret in secrets)


@pytest.mark.parametrize("name", our_services())
def test_our_containers_can_do_no_more_than_they_must(name: str) -> None:
    service = our_services()[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    # as process 1 a program would not hear SIGTERM before it has a handler for it
    assert service["init"] is True


@pytest.mark.parametrize("name", services())
def test_no_container_has_a_capability_that_it_does_not_need(name: str) -> None:
    service = services()[name]
    needed = {"postgres": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]}

    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == needed.get(name, [])
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", services())
def test_every_container_has_limits_and_says_whether_it_is_well(name: str) -> None:
    service = services()[name]

    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert ("no" if name in ONE_OFF else "unless-stopped") == service["restart"]
    # the feed serves nothing that could be asked; a check switched off would make `up --wait` fail
    assert ("test" in service.get("healthcheck", {})) is (name not in {*ONE_OFF, "ingestor"})
    assert not service.get("healthcheck", {}).get("disable")


def test_every_image_of_ours_is_built_from_a_stage_of_its_name() -> None:
    built = {
        service["image"]: service["build"]["args"]["SERVICE"]
        for service in our_services().values()
        if "build" in service
    }

    assert {service["image"] for service in our_services().values()} == set(built)
    assert {image.removeprefix(OURS).split(":")[0]: stage for image, stage in built.items()} == {
        stage: stage for stage in STAGES
    }
    assert {path.parent.name for path in (ROOT / "services").glob("*/pyproject.toml")} == STAGES


def test_containers_run_commands_that_there_are() -> None:
    scripts = {
        script
        for path in [ROOT / "shared" / "pyproject.toml", *(ROOT / "services").glob("*/pyproject.toml")]
        for script in tomllib.loads(path.read_text())["project"]["scripts"]
    }
    run = set(
        re.findall(
            r"\bmcm-[a-z-]+", " ".join(re.findall(r"^CMD .*|^ +command: .*", DOCKERFILE + COMPOSE, re.MULTILINE))
        )
    )

    assert len(run) >= 6
    assert run <= scripts
    # what a host runs instead, such as mcm-migrate before a release, replaces CMD and would follow an ENTRYPOINT
    assert "ENTRYPOINT" not in DOCKERFILE


def test_images_hold_what_the_locks_say_and_run_as_nobody_special() -> None:
    installs = re.findall(r"pip .*?install (.*)", DOCKERFILE)

    assert len(installs) == 3
    # the third installs our own packages, and may fetch nothing
    assert ["--require-hashes" in line or "--no-index" in line for line in installs] == [True] * 3
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]


def test_what_images_copy_is_in_the_context_of_their_build() -> None:
    included = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [
        source.replace(".npmr[c]", ".npmrc")
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]

    assert len(copied) >= 8
    # a folder is copied when something in it is included, a file when it or its folder is
    missing = [
        source
        for source in copied
        if not any(
            fnmatch(source, rule) or rule.startswith(f"{source}/") or source.startswith(f"{rule}/") for rule in included
        )
    ]
    assert missing == [], "name it in .dockerignore, or no image can be built"
    assert [rule for rule in included if not list(ROOT.glob(rule))] == []


def test_the_dashboard_is_in_the_image_of_the_api_only() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)

    assert [stage.split()[2] for stage in stages if "--from=dashboard" in stage] == ["api"]
