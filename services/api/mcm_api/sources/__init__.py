"""Sources: where events come from, how each is doing, and which rules depend on it."""
