"""What goes wrong in a run of chaos, and when: all of it said by the seed."""

import random
from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """One thing that goes wrong."""

    KILL_WORKER = "kill -9 a worker and start another"
    STOP_WORKER = "SIGTERM a worker and start another"
    PAUSE_WORKER = "SIGSTOP a worker for longer than its session, then SIGCONT"
    MORE_WORKERS = "start one worker more"
    FEWER_WORKERS = "stop one worker"
    RESTART_DATABASE = "restart Postgres"
    KILL_DATABASE = "kill -9 Postgres and start it"
    RESTART_BROKER = "restart Kafka"
    KILL_BROKER = "kill -9 Kafka and start it"
    CUT_CONNECTIONS = "cut every connection to Postgres"
    SLOW_CONNECTIONS = "slow every connection to Postgres for a while"
    HANG_CONNECTIONS = "let every connection to Postgres hang, then cut it"
    KILL_ENRICHER = "kill -9 the enricher and start another"


@dataclass(frozen=True, slots=True)
class Step:
    """One trouble after a pause; ``pick`` chooses the worker it happens to."""

    after_s: float
    trouble: Trouble
    pick: int


def schedule(seed: int, steps: int) -> list[Step]:
    """Draws ``steps`` troubles; a worker is killed and connections are cut in every run."""
    draw = random.Random(seed)
    troubles = [Trouble.KILL_WORKER, Trouble.CUT_CONNECTIONS, *draw.choices(list(Trouble), k=max(0, steps - 2))]
    draw.shuffle(troubles)
    return [Step(draw.uniform(0.2, 1.5), trouble, draw.randrange(1000)) for trouble in troubles]
