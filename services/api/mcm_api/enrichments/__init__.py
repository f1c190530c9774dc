"""Enrichment jobs: explanations of many findings in the background."""
