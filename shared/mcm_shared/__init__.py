"""What two or more services must agree on: contracts, topics, bus, database, settings, logs, metrics, errors."""
