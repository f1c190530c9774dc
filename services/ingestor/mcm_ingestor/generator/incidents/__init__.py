"""Planted incidents: what a month must contain so that every built-in rule raises something."""
