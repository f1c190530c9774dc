"""Database access of the enricher: AI columns of findings, model responses, token usage, jobs and feedback."""
