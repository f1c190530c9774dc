"""Sigma rules: parsed by pySigma, compiled to Python predicates over events."""
