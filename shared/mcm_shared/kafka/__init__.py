"""Kafka behind three things: a worker that consumes batches, a producer that sends them, and topics made at start.

Nothing outside this package imports aiokafka. A handler knows no Kafka: records in, messages out.
"""
