"""Users: what each did, and what was found of it."""
