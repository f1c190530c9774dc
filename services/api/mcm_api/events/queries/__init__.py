"""The SQL of events: the newest, one whole, and how many."""
