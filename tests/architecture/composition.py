"""docker-compose.yml and the files beside it, as the rules about them need them."""

import ast
import re
from functools import cache
from typing import Any

import yaml

from tests.architecture.sources import ROOT, product_modules

VARIABLE = re.compile(r"DATABASE_URL|(MCM|KAFKA|OPENAI)_[A-Z0-9_]+")
"""What a setting of the product is named like."""

OURS = "${MCM_IMAGES:-mini-compliance-monitor}/"
"""What the images that we build begin with."""


@cache
def services() -> dict[str, dict[str, Any]]:
    """Reads the services of docker-compose.yml."""
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    found: dict[str, dict[str, Any]] = document["services"]
    return found


def our_services() -> dict[str, dict[str, Any]]:
    """Reads those that run an image of ours."""
    return {name: service for name, service in services().items() if service["image"].startswith(OURS)}


@cache
def settings_of_the_product() -> frozenset[str]:
    """Lists the variables that our code reads."""
    return frozenset(
        node.value
        for path in product_modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value)
    )
