"""The Sigma compiler: conditions, values and patterns to predicates over an event."""
