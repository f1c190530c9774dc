"""Figures over all events and findings."""
