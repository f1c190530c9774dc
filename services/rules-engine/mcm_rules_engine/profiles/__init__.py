"""Behaviour profiles: how unusual a day of a user is beside the 60 days before, as a pure function of the events."""
