"""The pipeline: how far each part is, what could not be processed, and whether all answers."""
