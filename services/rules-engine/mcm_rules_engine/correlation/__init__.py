"""Evaluation of correlations from the rows of their series: pure functions, the same on every database.

An evaluation is a generator: it yields range queries, is sent their rows, and returns the hits. The caller runs the
queries of all groups of a batch by one statement a round. What an evaluation reads depends on the rows the batch
affects and on the threshold, never on how much the window, the group or the table holds.
"""
