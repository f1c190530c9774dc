"""The live stream: what changes, told to everyone who listens as it happens."""
