"""Events: what happened, newest first, and the intake of new ones."""
