"""Whether the API runs and what it is missing."""
