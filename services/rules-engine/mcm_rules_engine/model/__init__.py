"""Detections and findings as values, and how two states of a finding join; no I/O."""
