"""Rules over files and rule tests, without Kafka or a server."""
