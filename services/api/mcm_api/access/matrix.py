"""The access matrix: which roles may use which operations, as a table for the documentation."""

from typing import Any

from mcm_api.access.roles import ROLE_SCOPES
from mcm_api.identity.scopes import Scope


def matrix_table(document: dict[str, Any]) -> str:
    """Writes the matrix of an OpenAPI document as a Markdown table."""
    roles = list(ROLE_SCOPES)
    lines = [
        f"| operation | scope | {' | '.join(roles)} |",
        f"| --- | --- |{' :-: |' * len(roles)}",
    ]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            scope = Scope(operation["x-scope"])
            cells = ["•" if scope is Scope.PUBLIC or scope in ROLE_SCOPES[role] else "" for role in roles]
            lines.append(f"| `{method.upper()} {path}` | `{scope}` | {' | '.join(cells)} |".replace("|  |", "| |"))
    return "\n".join(lines).replace("|  |", "| |")
