"""Errors of federated logins, named after what happens next."""

from mcm_shared.errors import McmError


class ProviderDownError(McmError):
    """The identity provider does not respond, or not as it should: try again later."""


class IdentityRefusedError(McmError):
    """What proves an identity is not valid; ``str`` says why, for the audit trail and the log, without its content."""
