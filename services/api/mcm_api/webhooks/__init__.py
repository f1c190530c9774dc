"""Webhooks: signed deliveries of GitHub, Okta and any other sender."""
