"""Concurrency patterns that several services share."""
