"""A library is used in one place, behind a name of ours; everything else uses that place.

The direction between our own packages is checked by import-linter: see ``[tool.importlinter]`` in pyproject.toml.
"""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import name_of, product_modules

ALLOWED: dict[str, tuple[tuple[str, ...], str]] = {
    "aiokafka": (
        (
            "shared/mcm_shared/kafka/*",
            "shared/mcm_shared/kafka/*/*",
        ),
        "use mcm_shared.kafka: a Worker to read, a Producer to write",
    ),
    "openai": (
        ("services/enricher/mcm_enricher/model/openai*",),
        "take an Explainer; only the openai explainer knows the SDK",
    ),
    "prometheus_client": (
        ("shared/mcm_shared/metrics.py", "services/api/mcm_api/health/routes.py"),
        "declare the metric in METRICS of mcm_shared.metrics and create it with counter, gauge or histogram",
    ),
    "sqlalchemy": (
        (
            "shared/mcm_shared/db/*",
            "shared/mcm_shared/db/*/*",
            "shared/mcm_shared/db/*/*/*",
            "shared/mcm_shared/testing/*",
            "services/*/mcm_*/testing/*",
            "services/*/mcm_*/database.py",
            "services/*/mcm_*/queries.py",
            "services/*/mcm_*/*/queries.py",
            "services/*/mcm_*/*/queries/*",
            "services/*/mcm_*/store.py",
            "services/*/mcm_*/store/*",
            "services/*/mcm_*/*/store/*",
            "services/*/mcm_*/*/*/queries.py",
            "services/*/mcm_*/restricted_queries.py",
        ),
        "put the statement into queries.py or queries/ (reading) or store.py (writing) of the service and call that",
    ),
    "sigma": (
        ("services/rules-engine/mcm_rules_engine/sigma/*", "services/rules-engine/mcm_rules_engine/sigma/*/*"),
        "use what mcm_rules_engine.sigma compiles; pySigma stays behind it",
    ),
}


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("library", ALLOWED)
def test_a_library_stays_in_its_place(library: str) -> None:
    places, instead = ALLOWED[library]
    users = [name_of(path) for path in product_modules() if library in _imported(path)]
    elsewhere = [name for name in users if not any(Path(name).match(place) for place in places)]

    assert elsewhere == [], f"{library} is imported outside {' '.join(places)}; instead: {instead}"
