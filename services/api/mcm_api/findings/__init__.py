"""Findings: lists, details, triage, and explanations on demand."""
