"""The batch pipeline: decode, detect, complete."""
