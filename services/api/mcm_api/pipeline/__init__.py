"""The pipeline: consumer lag, sources, dead letters, and the health of dependencies."""
