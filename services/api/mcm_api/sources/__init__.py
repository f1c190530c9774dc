"""Sources of events: health, cadence, and the rules that depend on each."""
