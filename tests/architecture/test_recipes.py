"""The recipes of CONTRIBUTING.md: a forgotten place fails here, with what to add."""

import json
import re
import tomllib

from mcm_ingestor.connectors.registry import builtin_connectors
from mcm_shared.contracts.sources import NATIVE_SOURCES
from tests.architecture.sources import ROOT, project_files

PARAMETER = re.compile(r"\{[^}]+\}")
NAVIGATION = re.compile(r'title: "([^"]+)"')


def test_every_endpoint_is_documented() -> None:
    paths = json.loads((ROOT / "frontend" / "openapi.json").read_text())["paths"]
    document = (ROOT / "docs" / "api.md").read_text()
    missing = [path for path in paths if not re.search(PARAMETER.sub("[^/ ]+", path) + r"(?![\w/])", document)]

    assert missing == [], "describe the endpoint in docs/api.md with an example"


def test_every_page_of_the_navigation_is_documented() -> None:
    pages = [
        title
        for page in (ROOT / "frontend" / "src" / "features").glob("*/page.ts")
        for title in NAVIGATION.findall(page.read_text())
    ]
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "dashboard.md").read_text(), re.MULTILINE)
    documented = {name.strip().lower() for row in rows for name in row.split(",")}

    assert len(pages) > 4
    assert [title for title in pages if title.lower() not in documented] == [], "add a row to docs/dashboard.md"


def test_contributing_lists_each_recipe() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    recipes = re.findall(r"^\| \*\*([^*]+)\*\*", text, re.MULTILINE)

    assert {"a rule", "a source", "an endpoint", "a page", "a setting", "a metric", "a findings column"} <= set(recipes)
    for path in re.findall(r"`((?:services|frontend|shared|docs|tests|deploy|packs)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), f"CONTRIBUTING.md names {path}, which does not exist"


def test_contributing_names_checks_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    tests = {path.name for path in project_files(".py") if path.name.startswith("test_")}

    assert set(re.findall(r"test_\w+\.py", text)) - tests == set()


def test_every_source_is_independent_by_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (modules,) = (set(each["modules"]) for each in contracts if each["id"] == "sources-independent")

    assert modules == {f"mcm_rules_engine.sources.{name.replace('.', '_')}" for name in NATIVE_SOURCES}, (
        "list the source's module in the contract sources-independent of pyproject.toml"
    )


def test_every_connector_is_documented() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \|", (ROOT / "docs" / "sources.md").read_text(), re.MULTILINE)

    assert set(rows) == {each.name for each in builtin_connectors()}, "add the connector's row to docs/sources.md"


def test_every_connector_is_tested_against_its_api() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "services" / "ingestor" / "tests").glob("test_*.py"))
    untested = [each.name for each in builtin_connectors() if f'"{each.name}"' not in tests]

    assert untested == [], "test the connector against a loopback server that speaks its API"
