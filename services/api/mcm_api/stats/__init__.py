"""Statistics of events and findings."""
