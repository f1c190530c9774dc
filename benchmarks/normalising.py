"""What normalising costs an event, by source; the limit is 20 µs on average."""

import statistics
import time

from mcm_rules_engine.sources import normalise
from mcm_rules_engine.sources.source import Transport
from mcm_rules_engine.testing.native_payloads import PAYLOADS
from mcm_shared.testing.builders import NOON

ROUNDS = 30
EVENTS = 500


def main() -> None:
    """Prints µs of processor time per event of each source and their average, the least of 30 rounds.

    Other work on the machine only adds to a round, so the least is closest to the cost.
    """
    costs = {source: _cost(source) for source in PAYLOADS}
    for source, cost in costs.items():
        print(f"{cost:6.2f} µs  {source}")
    print(f"{statistics.mean(costs.values()):6.2f} µs  on average")


def _cost(source: str) -> float:
    payloads = PAYLOADS[source]
    transport = Transport(None, NOON)
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for number in range(EVENTS):
            normalise(payloads[number % len(payloads)], source, "events.raw/0/7", transport)
        rounds.append((time.process_time() - started) / EVENTS * 1e6)
    return min(rounds)
