"""Search over findings, users, rules and events at once."""
