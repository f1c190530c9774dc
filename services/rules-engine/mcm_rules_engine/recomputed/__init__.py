"""Recomputed results: rules whose answer for a scope is a pure function of the stored events, and can change both ways.

An evaluation is a generator, as those of correlations are: it yields queries, is sent their results, and returns the
answers for every scope that the affected rows can have changed. The caller holds a lock on the group meanwhile, and
replaces the stored results by the answers.
"""
