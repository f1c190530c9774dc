"""Findings: what the rules raised, and asking for an explanation."""
