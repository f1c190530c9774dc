"""Identity and access: login, sessions, API tokens, users and roles, and the audit trail."""
