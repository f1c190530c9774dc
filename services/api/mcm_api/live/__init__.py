"""The live stream: changes of findings as server-sent events."""
