"""Exceptions: time-limited suppression of findings, with preview, approval and history."""
