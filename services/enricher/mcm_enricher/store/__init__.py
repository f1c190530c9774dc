"""What the enricher keeps in the database: AI columns of findings, answers of models, usage, jobs, feedback."""
