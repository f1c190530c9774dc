"""Decoding of the record batches that a broker delivers, bounded in bytes."""
