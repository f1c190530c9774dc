"""Templates of descriptions: the fields that ``{user}`` and its like name."""

import re
from typing import Final

from mcm_rules_engine.sigma.unsupported import UnsupportedError

FIELD: Final = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*)\}")


def template_fields(template: str) -> list[str]:
    """Lists the fields that a template names."""
    return [match[1] for match in FIELD.finditer(template) if match[1] is not None]


def check_template(template: str) -> None:
    """Raises UnsupportedError for a brace that is no plain field such as ``{user}`` or ``{actor.name}``."""
    rest = FIELD.sub("", template)
    if "{" in rest or "}" in rest:
        raise UnsupportedError(
            "a brace may only enclose the name of a field, like {user} or {actor.name}; "
            "write {{ and }} for plain braces"
        )
