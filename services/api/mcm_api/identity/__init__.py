"""Who makes a request and what it may do: scopes, identities, and restrictions to sources and a period."""
