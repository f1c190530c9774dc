"""Queries that several features use."""
