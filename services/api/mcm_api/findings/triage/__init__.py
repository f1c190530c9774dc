"""Triage of findings: people's actions, one by one and in bulk, and the timeline of a finding."""
