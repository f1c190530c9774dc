"""Notifications: channels and routes of the notifier, messages to channels, tests and retries."""
