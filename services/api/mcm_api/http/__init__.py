"""HTTP infrastructure: problem details, parameters, bodies, request context, static files."""
