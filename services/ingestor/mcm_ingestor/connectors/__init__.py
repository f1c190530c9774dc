"""Connectors: poll the APIs of sources and send what they return to Kafka, without a gap."""
