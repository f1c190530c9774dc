"""Saved views of the list of findings: name, filter, columns and order, one's own and by link."""
