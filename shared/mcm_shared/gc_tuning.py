"""What the garbage collector need not look at."""

import gc

_OBJECTS, _YOUNG, _OLD = 50_000, 20, 100
"""How many new objects call the collector, and how many of its rounds the next older ones."""


def freeze_heap() -> None:
    """Leaves all that is there now to itself, and what is made from now on to fewer collections.

    For when a service has loaded what stays: left to the collector, it goes through modules and rules again and again,
    a tenth of a second each time. What a batch or a request makes goes with it, without a collector.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, _YOUNG, _OLD)
