"""Garbage collector tuning."""

import gc

_OBJECTS, _YOUNG, _OLD = 50_000, 20, 100
"""Thresholds of the three generations."""


def freeze_heap() -> None:
    """Excludes all present objects from collection, and collects new ones less often.

    For when a service has loaded what stays: left to the collector, it goes through modules and rules again and again,
    a tenth of a second each time. What a batch or a request makes goes with it, without a collector.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, _YOUNG, _OLD)
