"""Behaviour profile of a user: what is usual and what is new, the scores of days, and the risk over time."""
