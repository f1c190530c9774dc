"""The language model: prompt, client, circuit breaker, token budget, redaction, and reading of its answers."""
