"""The SQL of findings: which match, in which order, and what is read of them."""
