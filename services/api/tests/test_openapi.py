"""The OpenAPI document, from which the dashboard's client is made."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What the command prints, with no settings at all."""
    printed = subprocess.run(
        [sys.executable, "-m", "mcm_api", "openapi"], env={}, capture_output=True, check=True, timeout=60
    )
    loaded: dict[str, Any] = json.loads(printed.stdout)
    return loaded


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_has_the_products_paths(document: dict[str, Any]) -> None:
    assert {name for name, _ in operations(document)} >= {
        "GET /health",
        "GET /ready",
        "GET /metrics",
        "GET /events",
        "POST /events",
        "GET /findings",
        "GET /findings/{finding_id}",
        "POST /findings/{finding_id}/enrich_with_ai",
        "POST /findings/enrich_all_missing",
        "POST /enrichments",
        "GET /enrichments/{job_id}",
        "DELETE /enrichments/{job_id}",
        "PUT /findings/{finding_id}/feedback",
        "GET /stats/summary",
        "GET /stats/ai",
        "GET /stats/timeline",
        "GET /stats/overview",
        "GET /stream",
        "GET /exceptions",
        "POST /exceptions",
        "POST /exceptions/preview",
        "GET /exceptions/{number}",
        "POST /exceptions/{number}/actions",
        "GET /notifications/channels",
        "GET /notifications/routes",
        "GET /notifications/messages",
        "POST /notifications/messages/{message_id}/retry",
        "POST /notifications/channels/{channel}/test",
        "GET /notifications/tests/{test_id}",
        "GET /findings/facets",
        "GET /findings/{finding_id}/events",
        "GET /events/{event_id}",
        "GET /events/histogram",
        "GET /events/facets",
        "GET /users",
        "GET /users/{user}",
        "GET /rules",
        "GET /rules/{rule}",
        "GET /pipeline",
        "GET /dead-letters",
        "POST /dead-letters/{partition}/{offset}/replay",
    }


def test_the_dashboard_is_made_from_this_document(document: dict[str, Any]) -> None:
    retained = json.loads((Path(__file__).parents[3] / "frontend" / "openapi.json").read_text())

    assert retained == document, "run: .venv/bin/mcm-api openapi > frontend/openapi.json"


def test_every_operation_is_named_and_summed_up(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]

    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
    assert all(operation["summary"] and operation["description"] for _, operation in operations(document))


def test_every_operation_documents_its_problems(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status in ("422", "500", "503"):
            content = operation["responses"][status]["content"]
            assert content == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemResponse"}}
            }, name


def test_every_operation_with_a_body_documents_its_limits(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        if "requestBody" in operation:
            assert {"408", "413", "415"} <= operation["responses"].keys(), name


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}

    assert names <= document["components"]["schemas"].keys()
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_parameters_have_the_names_and_defaults_promised(document: dict[str, Any]) -> None:
    def defaults(path: str) -> dict[str, Any]:
        parameters = document["paths"][path]["get"]["parameters"]
        return {parameter["name"]: parameter["schema"].get("default") for parameter in parameters}

    nothing = dict.fromkeys(("user", "event_type", "source", "fact", "from_timestamp", "to_timestamp", "before"))
    assert defaults("/events") == {**nothing, "limit": 50, "offset": 0}
    filters = ("severity", "user", "rule", "source", "risk_min", "enriched", "q", "status", "assignee", "label")
    times = ("from_date", "to_date", "from_timestamp", "to_timestamp")
    nothing = dict.fromkeys((*filters, *times))
    paging = {"page": 1, "page_size": 20, "sort": "first_seen", "order": "desc", "before": None, "format": "json"}
    standing = {"state": ["standing"], "suppressed": [False]}
    assert defaults("/findings") == {**nothing, **standing, **paging}
    assert defaults("/findings/facets") == {**nothing, **standing}


def test_the_guide_shows_every_path(document: dict[str, Any]) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "api.md").read_text()

    paths = [path.replace("{finding_id}", "17") if "enrich" in path else path for path in document["paths"]]
    assert [path for path in paths if path not in guide] == []
