"""Jobs that explain many findings beside the requests."""
