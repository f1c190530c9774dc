"""Findings built from detections, and their descriptions."""
