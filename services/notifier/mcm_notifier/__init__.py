"""Notifications of findings: routes, channels, and the outbox of messages."""
