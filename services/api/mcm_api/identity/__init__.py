"""Identity of a request: scopes, and restrictions to sources and a period."""
