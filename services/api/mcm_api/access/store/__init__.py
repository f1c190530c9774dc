"""The rows of users, sessions, API tokens and setup links."""
