"""When correlations fire, decided from rows of their series alone: pure functions, the same on every database.

An evaluation is a generator: it yields what it needs to see (looks), is sent the rows, and returns the fires. The
caller answers the looks of all groups of a batch by one statement a round. What an evaluation asks for depends on the
rows the batch touched and on the threshold, never on how much the window, the group or the table holds.
"""
