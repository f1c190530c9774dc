"""Federated identity: logins by an OIDC provider, and signed assertions of a proxy."""
