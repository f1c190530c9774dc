"""Role claim: the claim of a provider that holds roles or groups, and the role that each value grants."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mcm_api.access.roles import ROLE_SCOPES, Role

# an auditor's access ends on a date, and services use API tokens: a provider says neither
_GRANTED: Final = frozenset(Role) - {Role.AUDITOR, Role.INGEST}
_MAX_VALUES: Final = 1000


@dataclass(frozen=True, slots=True)
class RoleClaim:
    """The name of the claim, and its values with the roles that they grant."""

    name: str = "roles"
    roles: Mapping[str, Role] = field(default_factory=dict)

    def role_of(self, claims: Mapping[str, Any]) -> Role | None:
        """Returns the role that the claims grant, of several the one with the most scopes; None for no role."""
        granted = {self.roles[value] for value in self._values(claims) if value in self.roles}
        return max(granted, key=lambda role: len(ROLE_SCOPES[role]), default=None)

    def is_in(self, claims: Mapping[str, Any]) -> bool:
        """Returns whether the claims include the claim, with whatever value."""
        return self._find(claims) is not None

    def _values(self, claims: Mapping[str, Any]) -> list[str]:
        found = self._find(claims)
        values = found if isinstance(found, list) else [found]
        return [value for value in values[:_MAX_VALUES] if isinstance(value, str)]

    def _find(self, claims: Mapping[str, Any]) -> Any:
        if self.name in claims:
            return claims[self.name]
        # a name such as realm_access.roles leads into an object; names of claims may hold dots themselves
        found: Any = claims
        for part in self.name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found


def parse_roles(text: str) -> dict[str, Role]:
    """Parses ``value=role`` pairs, separated by commas, or by semicolons where values hold commas.

    Raises ValueError.
    """
    roles: dict[str, Role] = {}
    for pair in text.split(";" if ";" in text else ","):
        if not pair.strip():
            continue
        value, found, name = pair.strip().rpartition("=")
        if not found or not value:
            raise ValueError(f"{pair.strip()!r} must be value=role, such as mcm-admins=admin")
        if name not in _GRANTED:
            known = ", ".join(sorted(_GRANTED))
            raise ValueError(
                f"{value}={name}: the role must be one of {known}; auditors, whose access ends on a date, and service"
                " accounts are created in the dashboard"
            )
        if roles.setdefault(value, Role(name)) != name:
            raise ValueError(f"{value} is given two roles, {roles[value]} and {name}")
    return roles
