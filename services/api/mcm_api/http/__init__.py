"""What every route shares: problem details, parameters, bodies, request context, static files."""
