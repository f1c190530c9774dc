"""Code that services share: contracts, topics, bus, database, settings, logs, metrics, errors."""
