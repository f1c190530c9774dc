"""Rules: what they look for, and what they found."""
