"""The Sigma parser: YAML documents to checked definitions, every mistake reported with its place."""
