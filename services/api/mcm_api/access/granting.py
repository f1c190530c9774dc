"""Limits of administration: no grant of scopes that the administrator lacks, no change of an account that has more."""

from typing import Final

from mcm_api.access.roles import Role, scopes_of
from mcm_api.access.store.users import StoredUser
from mcm_api.http.problems import ProblemError
from mcm_api.identity.identity import Identity
from mcm_api.identity.scopes import Scope

# an API token never holds the scope of its user's own account, and needs none to manage others
_OWN: Final = frozenset({Scope.ACCOUNT})


def require_may_grant(identity: Identity, role: Role) -> None:
    """Raises ProblemError 403 when a role holds scopes that the identity does not have."""
    beyond = sorted(scopes_of(role) - identity.scopes - _OWN)
    if beyond:
        raise ProblemError(403, f"You cannot grant scopes that you do not have: {', '.join(beyond)}.")


def require_may_manage(identity: Identity, user: StoredUser) -> None:
    """Raises ProblemError 403 when a user holds scopes that the identity does not have."""
    beyond = sorted(scopes_of(user.role) - identity.scopes - _OWN)
    if beyond:
        raise ProblemError(403, f"You cannot change an account with scopes that you do not have: {', '.join(beyond)}.")
