"""The attacks: each module holds those of one kind."""
