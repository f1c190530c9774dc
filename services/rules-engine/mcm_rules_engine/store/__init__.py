"""The engine's SQL: a batch is stored by a handful of statements, whatever its size."""
