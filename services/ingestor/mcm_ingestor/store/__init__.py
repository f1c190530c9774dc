"""Rows of the ingestor: events it stores itself, and positions of sources."""
