"""Rows of notifications: what was notified of each finding, what waits, and the outbox."""
