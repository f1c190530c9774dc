"""Queries of exceptions."""
