"""Test support of the notifier."""
