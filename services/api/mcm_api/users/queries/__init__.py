"""Queries over users: pages of the list, and the activity of one."""
